import Foundation
import HubCore

/// A file being written beside the blobs; removed unless it became one.
final class ScratchFile: Sendable {
    private static let suffix = ".part"

    let path: String
    private let file: FileDescriptor

    /// Creates a file with a name of its own in `folder`.
    init(in folder: String) throws {
        path = "\(folder)/\(UUID().uuidString.lowercased())\(Self.suffix)"
        file = try FileDescriptor(creating: path)
    }

    deinit { unlink(path) }

    func write(_ bytes: [UInt8]) async throws {
        try await onBlockingThread { [self] in
            try reportingFullDisk { try bytes.withUnsafeBytes { try file.write($0) } }
        }
    }

    /// Cuts the file to `size` bytes and waits until the disk has them.
    ///
    /// Done through the descriptor that wrote, which is the one a failing disk's error is sure to reach.
    func finish(size: Int) async throws {
        try await onBlockingThread { [self] in
            try reportingFullDisk {
                try file.truncate(to: size)
                try file.synchronize()
            }
        }
    }

    /// Removes what an earlier process left behind.
    static func removeLeftovers(in folder: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(suffix) {
            guard unlink("\(folder)/\(name)") == 0 || errno == ENOENT else { throw FileError("remove", name) }
        }
    }
}
