import Crypto
import Foundation
package import HubCore

/// The folder `.git/lfs`, laid out as git-lfs does: content at `objects/aa/bb/<sha256>`.
package struct LargeFileStore: Sendable {
    package let folder: String

    package init(folder: String) { self.folder = folder }

    /// Where content with this digest rests, if it is here.
    package func path(of digest: ContentDigest) -> String {
        let hex = digest.hex
        return "\(folder)/objects/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex)"
    }

    /// Whether the content is here, whole by its length.
    package func holds(_ pointer: LFSPointer) -> Bool {
        guard let status = FileStat(of: path(of: pointer.digest)) else { return false }
        return status.size == pointer.size
    }

    /// What is here: the files of the store with their lengths, at most `limit`.
    package func contents(limit: Int) throws -> [(path: String, size: Int)] {
        var found: [(path: String, size: Int)] = []
        for first in try Self.names(in: "\(folder)/objects") {
            for second in try Self.names(in: "\(folder)/objects/\(first)") {
                for name in try Self.names(in: "\(folder)/objects/\(first)/\(second)") where name.utf8.count == 64 {
                    let path = "\(folder)/objects/\(first)/\(second)/\(name)"
                    guard let status = FileStat(of: path), status.isRegular else { continue }
                    guard found.count < limit else { return found }
                    found.append((path, status.size))
                }
            }
        }
        return found
    }

    /// What a folder holds; nothing if it is none.
    private static func names(in folder: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch CocoaError.fileReadNoSuchFile, CocoaError.fileReadUnknown {
            return []
        }
    }

    /// Copies the file at `path` in and says what it is.
    ///
    /// One pass reads, hashes and writes, so what is kept is what was hashed, even while someone writes to the
    /// file. Where the file system can, the copy shares the file's blocks and costs no space.
    package func keep(copyOf path: String) throws -> LFSPointer {
        let source = try PlainFile(reading: path)
        let temporary = try newTemporary()
        do {
            let pointer = try copy(source, to: temporary)
            try settle(temporary, as: pointer)
            return pointer
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Moves a file whose content is known in; the file is then gone from `path`.
    package func adopt(_ path: String, as pointer: LFSPointer) throws { try settle(path, as: pointer) }

    /// Makes `path` a file with the content, in place of what was there; the store keeps its own.
    ///
    /// The file's time of change is set a second back, so that git never has to take it for a file that may have
    /// changed since the index was written.
    package func materialise(_ pointer: LFSPointer, at path: String, mode: UInt32) throws {
        let source = try PlainFile(reading: self.path(of: pointer.digest))
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        let temporary = "\(path).\(UInt32.random(in: 0 ... .max)).hub-new"
        do {
            let target = try PlainFile(creating: temporary, mode: mode)
            try target.clone(source)
            try target.setBack()
            try PlainFile.move(temporary, to: path)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// A name for a new file on the store's own file system.
    package func newTemporary() throws -> String {
        try FileManager.default.createDirectory(atPath: "\(folder)/tmp", withIntermediateDirectories: true)
        return "\(folder)/tmp/\(UUID().uuidString.lowercased())"
    }

    private func copy(_ source: PlainFile, to temporary: String) throws -> LFSPointer {
        let target = try PlainFile(creating: temporary, mode: 0o644)
        if target.sharesBlocks(with: source) { return try LFSPointer(hashing: PlainFile(reading: temporary)) }
        var hash = SHA256()
        var size = 0
        try source.forEachPiece { piece in
            hash.update(bufferPointer: piece)
            try target.append(piece)
            size += piece.count
        }
        return try LFSPointer(hash.finalize(), size: size)
    }

    private func settle(_ temporary: String, as pointer: LFSPointer) throws {
        if holds(pointer) {
            unlink(temporary)
            return
        }
        let place = path(of: pointer.digest)
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: place).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try PlainFile.move(temporary, to: place)
    }
}

extension LFSPointer {
    /// Reads the file at `path` from end to end and says what its pointer is.
    package init(hashingFileAt path: String) throws { try self.init(hashing: PlainFile(reading: path)) }

    init(hashing file: PlainFile) throws {
        var hash = SHA256()
        var size = 0
        try file.forEachPiece { piece in
            hash.update(bufferPointer: piece)
            size += piece.count
        }
        try self.init(hash.finalize(), size: size)
    }

    init(_ digest: SHA256.Digest, size: Int) throws {
        guard let digest = ContentDigest(bytes: Array(digest)) else {
            throw HubError.unavailable("SHA-256 gave a digest of a wrong length")
        }
        self.init(digest: digest, size: size)
    }
}
