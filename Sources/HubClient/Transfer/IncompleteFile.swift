import Crypto
import Foundation
import HubCore

/// A download on its way: a file beside its destination that grows from the front.
struct IncompleteFile {
    let item: DownloadItem

    /// How many bytes are there and hashed.
    private(set) var size: Int

    /// Whether some of them come from an earlier attempt.
    let isResumed: Bool

    private let file: LocalFile
    private var hasher = SHA256()

    static func path(for item: DownloadItem) -> String { "\(item.destination).incomplete" }

    /// Takes up what an earlier attempt left, if `resuming`; one process at a time.
    init(_ item: DownloadItem, resuming: Bool) throws {
        self.item = item
        file = try LocalFile.open(Self.path(for: item), for: .writing)
        guard try file.lock() else {
            throw HubError.conflict("another process is downloading \(item.destination)")
        }
        let found = try file.size()
        size = 0
        isResumed = resuming && found > 0 && found <= item.pointer.size
        if isResumed {
            try hash(upTo: found)
        } else {
            try file.truncate(to: 0)
        }
    }

    private mutating func hash(upTo end: Int) throws {
        while size < end {
            try Task.checkCancellation()
            let bytes = try file.read(at: size, count: min(1 << 20, end - size))
            guard !bytes.isEmpty else { throw HubError.conflict("\(file.path) became shorter while it was read") }
            hasher.update(data: bytes)
            size += bytes.count
        }
    }

    mutating func append(_ bytes: ArraySlice<UInt8>) throws {
        try file.write(bytes, at: size)
        hasher.update(data: bytes)
        size += bytes.count
    }

    /// Gives the file its name if its bytes are those the pointer names; returns false, and removes it, if not.
    func finish() throws -> Bool {
        guard ContentDigest(bytes: Array(hasher.finalize())) == item.pointer.digest else {
            try LocalFile.remove(file.path)
            return false
        }
        try file.synchronize()
        try file.move(to: item.destination)
        return true
    }
}
