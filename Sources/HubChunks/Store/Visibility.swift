import HubCore
import HubDatabase

/// Which chunks of which xorbs a caller may use, asked during one request and remembered for it.
///
/// A chunk is visible when the uploader sent its xorb lately, or when a content that contains it is held by the
/// uploader's lease or linked to a repository the caller may read. A xorb may hold chunks of several files, so
/// seeing one of them does not show the others.
struct Visibility {
    private let database: any SQLDatabase
    private let lease: Lease?
    private let mayRead: ScopeAccess
    private let now: Int
    private var readableScopes: [Int64: Bool] = [:]
    private var readableContents: [Int64: Bool] = [:]
    private var chunks: [Int64: ChunkRanges] = [:]

    /// How many contents of a xorb, and repositories of a content, are looked at.
    private static let contentsLimit = 256
    private static let scopesLimit = 256

    init(database: any SQLDatabase, lease: Lease?, now: Int, mayRead: @escaping ScopeAccess) {
        self.database = database
        self.lease = lease
        self.mayRead = mayRead
        self.now = now
    }

    /// The visible chunks of a xorb.
    mutating func visibleChunks(of xorb: Int64) async throws -> ChunkRanges {
        if let known = chunks[xorb] { return known }
        let found = try await findVisibleChunks(of: xorb)
        chunks[xorb] = found
        return found
    }

    private mutating func findVisibleChunks(of xorb: Int64) async throws -> ChunkRanges {
        if try await hasSent(xorb) { return ChunkRanges([0..<XorbLimits.chunks]) }
        let spans = try await database.read { connection in
            try connection.query(
                "SELECT content_id, first_chunk, end_chunk FROM chunk_span WHERE xorb_id = ? LIMIT ?",
                [xorb, Self.contentsLimit]
            ).map { (content: try $0.int64(0), chunks: try $0.int(1)..<(try $0.int(2))) }
        }
        var visible = ChunkRanges()
        for span in spans where !visible.contains(span.chunks) {
            if try await isReadable(content: span.content) { visible = visible.union([span.chunks]) }
        }
        return visible
    }

    private func hasSent(_ xorb: Int64) async throws -> Bool {
        guard let uploader = lease?.uploader else { return false }
        return try await database.read { [now] connection in
            try connection.queryOne(
                "SELECT 1 FROM chunk_xorb_lease WHERE xorb_id = ? AND uploader = ? AND sent = 1 AND expires_at > ?",
                [xorb, uploader, now]) != nil
        }
    }

    private mutating func isReadable(content: Int64) async throws -> Bool {
        if let known = readableContents[content] { return known }
        let found = try await findReadable(content: content)
        readableContents[content] = found
        return found
    }

    private mutating func findReadable(content: Int64) async throws -> Bool {
        if try await isHeld(content: content) { return true }
        let scopes = try await database.read { connection in
            try connection.query(
                "SELECT scope FROM chunk_link WHERE content_id = ? LIMIT ?", [content, Self.scopesLimit]
            ).map { try $0.int64(0) }
        }
        for scope in scopes where try await isReadable(scope: scope) { return true }
        return false
    }

    private func isHeld(content: Int64) async throws -> Bool {
        guard let lease else { return false }
        return try await database.read { [now] connection in
            if try connection.queryOne(
                "SELECT 1 FROM chunk_link WHERE scope = ? AND content_id = ?", [lease.scope, content]) != nil
            {
                return true
            }
            return try connection.queryOne(
                "SELECT 1 FROM chunk_content_lease WHERE content_id = ? AND uploader = ? AND expires_at > ?",
                [content, lease.uploader, now]) != nil
        }
    }

    private mutating func isReadable(scope: Int64) async throws -> Bool {
        if let known = readableScopes[scope] { return known }
        let answer = try await mayRead(scope)
        readableScopes[scope] = answer
        return answer
    }
}
