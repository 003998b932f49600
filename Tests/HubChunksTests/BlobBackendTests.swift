import Foundation
import HubChunks
import HubTestSupport
import Testing

@Suite struct BlobBackendTests {
    @Test func `the folder backend keeps the promises of a backend`() async throws {
        try await withScratchFolder { folder in
            let backend = try FolderBackend(root: "\(folder)/blobs")
            try await checkBlobBackendConformance(backend) { try file($0, in: folder) }
        }
    }

    @Test func `the memory backend keeps the promises of a backend`() async throws {
        try await withScratchFolder { folder in
            try await checkBlobBackendConformance(MemoryBackend()) { try file($0, in: folder) }
        }
    }

    @Test func `a folder backend opened again has the blobs of before`() async throws {
        try await withScratchFolder { folder in
            let name = try #require(BlobName("ab-blob"))
            try await FolderBackend(root: folder).store(fileAt: file([1, 2, 3], in: folder), as: name)
            #expect(try await FolderBackend(root: folder).read(name, 0..<3) == [1, 2, 3])
        }
    }

    @Test(arguments: ["", "ab", "../etc", "a/b", "AB-C", "a b c", ".hidden", String(repeating: "a", count: 201)])
    func `a name that could mean something to a file system is no blob name`(name: String) {
        #expect(BlobName(name) == nil)
    }

    private func file(_ bytes: [UInt8], in folder: String) throws -> String {
        let path = "\(folder)/\(UUID().uuidString)"
        try Data(bytes).write(to: URL(filePath: path))
        return path
    }
}

/// Lends a new empty folder.
func withScratchFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = NSTemporaryDirectory() + "hub-chunks-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}
