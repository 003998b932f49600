import Crypto
import Foundation
import HubChunks
import HubCore
import HubDatabase
import Synchronization
import Testing

/// A content store over SQLite and blobs in memory, with a clock of its own.
struct TestStore {
    let store: ContentStore
    let database: SQLiteDatabase
    let backend: MemoryBackend
    let clock: Clock
    let folder: String

    final class Clock: Sendable {
        private let seconds = Mutex(Int(Date().timeIntervalSince1970))
        var now: Int { seconds.withLock { $0 } }
        func advance(by seconds: Int) { self.seconds.withLock { $0 += seconds } }
    }

    static let alice = Lease(uploader: 1, scope: 10)
    static let bob = Lease(uploader: 2, scope: 20)

    /// Lends a new store.
    static func with(_ body: (TestStore) async throws -> Void) async throws {
        try await withScratchFolder { folder in
            let database = try SQLiteDatabase(path: "\(folder)/hub.sqlite")
            try await database.migrate(ContentStore.migrations, dialect: .sqlite)
            let backend = MemoryBackend()
            let clock = Clock()
            var options = ContentStoreOptions()
            options.now = { clock.now }
            options.ingestXorbCapacity = 1 << 20
            let store = ContentStore(database: database, backend: backend, scratch: folder, options: options)
            try await body(TestStore(store: store, database: database, backend: backend, clock: clock, folder: folder))
        }
    }

    func ingest(_ bytes: [UInt8], _ lease: Lease = alice) async throws -> StoredContent {
        try await store.ingest(pieces(bytes), lease: lease)
    }

    func read(_ digest: ContentDigest, _ range: Range<Int>? = nil) async throws -> [UInt8] {
        let reader = try await store.open(digest)
        return try await reader.read(range ?? 0..<reader.count)
    }

    func link(_ digest: ContentDigest, to scope: Int64) async throws {
        try await database.write { try ContentStore.link([digest], to: scope, in: $0) }
    }

    func missing(_ digest: ContentDigest, scope: Int64, uploader: Int64?) async throws -> Bool {
        let now = clock.now
        return try await database.read {
            try !ContentStore.missing([digest], scope: scope, uploader: uploader, in: $0, now: now).isEmpty
        }
    }

    /// Files uploads left behind.
    func leftovers() async throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".part") }
    }

    func send(_ xorb: BuiltXorb, _ lease: Lease = alice) async throws -> Bool {
        try await store.receiveXorb(xorb.hash, body: pieces(xorb.body), lease: lease)
    }
}

/// Bytes as a body of small pieces.
func pieces(_ bytes: [UInt8], size: Int = 70_001) -> AsyncStream<[UInt8]> {
    AsyncStream { continuation in
        for start in stride(from: 0, to: bytes.count, by: size) {
            continuation.yield(Array(bytes[start..<min(bytes.count, start + size)]))
        }
        continuation.finish()
    }
}

func digest(_ bytes: [UInt8]) -> ContentDigest {
    guard let digest = ContentDigest(bytes: Array(SHA256.hash(data: bytes))) else { fatalError("SHA-256 has 32 bytes") }
    return digest
}

/// A file as a client prepares it: its chunks in one xorb, and the shard that names both.
struct PreparedUpload {
    let bytes: [UInt8]
    let file: ChunkedFile
    let xorb: BuiltXorb
    var shard: UploadShard

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        file = ChunkedFile(chunks: chunks(of: bytes), digest: digest(bytes))
        var builder = XorbBuilder()
        var positions: [XetHash: Int] = [:]
        var start = 0
        for chunk in file.chunks {
            let piece = Array(bytes[start..<start + chunk.length])
            start += chunk.length
            guard positions[chunk.hash] == nil else { continue }
            positions[chunk.hash] = piece.withUnsafeBytes { builder.add(chunk, bytes: $0) }
        }
        guard let xorb = builder.take() else { fatalError("the file is empty") }
        self.xorb = xorb
        shard = UploadShard()
        shard.add(xorb.layout)
        shard.add(file, places: file.chunks.map { ChunkPlace(xorb: xorb.hash, position: positions[$0.hash] ?? 0) })
    }
}

let nobody: ScopeAccess = { _ in false }
let everybody: ScopeAccess = { _ in true }
