import Foundation
import HubCore

/// Blobs as files of one folder, spread over subfolders by the first two letters of their names.
package struct FolderBackend: BlobBackend {
    private let root: String

    /// Creates the folder if need be.
    package init(root: String) throws {
        self.root = root
        try createFolder(root)
    }

    package func store(fileAt path: String, as name: BlobName) async throws {
        try await onBlockingThread {
            try reportingFullDisk {
                try FileDescriptor(reading: path).synchronize()
                let folder = folder(of: name)
                if access(folder, F_OK) != 0 {
                    try createFolder(folder)
                    try FileDescriptor(reading: root).synchronize()
                }
                guard rename(path, file(of: name)) == 0 else { throw FileError("rename", path) }
                try FileDescriptor(reading: folder).synchronize()
            }
        }
    }

    package func read(_ name: BlobName, _ range: Range<Int>) async throws -> [UInt8] {
        try await onBlockingThread {
            let file = try open(name)
            var count = 0
            let bytes = try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, initialized in
                count = try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: range.lowerBound)
                initialized = count
            }
            guard count == range.count else { throw DamagedContent("the stored blob \(name) is cut short") }
            return bytes
        }
    }

    package func size(of name: BlobName) async throws -> Int? {
        try await onBlockingThread {
            do {
                return try FileDescriptor(reading: file(of: name)).size()
            } catch let error as FileError where error.isAbsence {
                return nil
            }
        }
    }

    package func remove(_ name: BlobName) async throws {
        try await onBlockingThread {
            guard unlink(file(of: name)) == 0 || errno == ENOENT else { throw FileError("remove", file(of: name)) }
        }
    }

    package func all() async throws -> [StoredBlob] {
        try await onBlockingThread {
            try FileManager.default.contentsOfDirectory(atPath: root).flatMap { folder in
                try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)").compactMap { name in
                    try stored(name, in: folder)
                }
            }
        }
    }

    /// Nil for a file that is not a blob, or has just gone.
    private func stored(_ name: String, in folder: String) throws -> StoredBlob? {
        guard let blob = BlobName(name) else { return nil }
        var status = stat()
        guard stat("\(root)/\(folder)/\(name)", &status) == 0 else {
            guard errno == ENOENT else { throw FileError("stat", name) }
            return nil
        }
        return StoredBlob(name: blob, stored: status.st_mtim.tv_sec)
    }

    private func open(_ name: BlobName) throws -> FileDescriptor {
        do {
            return try FileDescriptor(reading: file(of: name))
        } catch let error as FileError where error.isAbsence {
            throw DamagedContent("the stored blob \(name) is missing")
        }
    }

    private func folder(of name: BlobName) -> String { "\(root)/\(name.description.prefix(2))" }
    private func file(of name: BlobName) -> String { "\(folder(of: name))/\(name)" }
}

/// Creates a folder only its owner can enter; one that exists is fine.
func createFolder(_ path: String) throws {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError("create", path) }
}
