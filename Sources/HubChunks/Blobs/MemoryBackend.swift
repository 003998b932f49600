import Foundation
import HubCore
import Synchronization

/// Blobs in memory, for tests: as strict as a disk, and gone with the process.
package final class MemoryBackend: BlobBackend {
    private struct Blob {
        var bytes: [UInt8]
        let stored: Int
    }

    private let blobs = Mutex<[BlobName: Blob]>([:])

    package init() {}

    package func store(fileAt path: String, as name: BlobName) async throws {
        let bytes = try await onBlockingThread {
            let file = try FileDescriptor(reading: path)
            let size = try file.size()
            return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                count = try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
            }
        }
        blobs.withLock { $0[name] = Blob(bytes: bytes, stored: Int(Date().timeIntervalSince1970)) }
        guard unlink(path) == 0 else { throw FileError("remove", path) }
    }

    package func read(_ name: BlobName, _ range: Range<Int>) async throws -> [UInt8] {
        guard let blob = blobs.withLock({ $0[name] }) else {
            throw DamagedContent("the stored blob \(name) is missing")
        }
        guard range.lowerBound >= 0, range.upperBound <= blob.bytes.count else {
            throw DamagedContent("the stored blob \(name) is cut short")
        }
        return Array(blob.bytes[range])
    }

    package func size(of name: BlobName) async throws -> Int? { blobs.withLock { $0[name]?.bytes.count } }

    package func remove(_ name: BlobName) async throws { blobs.withLock { $0[name] = nil } }

    package func all() async throws -> [StoredBlob] {
        blobs.withLock { blobs in blobs.map { StoredBlob(name: $0.key, stored: $0.value.stored) } }
    }

    /// Changes stored bytes behind the store's back, as a failing disk does.
    package func damage(_ name: BlobName, _ change: @Sendable (inout [UInt8]) -> Void) {
        blobs.withLock { blobs in
            guard var blob = blobs[name] else { return }
            change(&blob.bytes)
            blobs[name] = blob
        }
    }
}
