import Foundation
package import HubChunks
package import HubCore
package import HubDatabase
package import HubGit
package import HubServices
import Logging
import Synchronization

/// A whole hub in a folder of its own, with two people in it.
///
/// Real SQLite, real libgit2, real files; only the clock is the test's.
package final class TestHub: Sendable {
    package let hub: Hub
    package let content: ContentStore
    package let git: GitStore
    package let database: SQLiteDatabase
    package let clock: TestClock
    private let folder: String

    package init(limits: HubLimits = HubLimits()) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "hub-\(UUID().uuidString)").path
        let scratch = folder + "/scratch"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        let database = try SQLiteDatabase(path: folder + "/hub.sqlite")
        try await database.migrate(
            GitStore.migrations + ContentStore.migrations + CatalogSchema.migrations, dialect: .sqlite)
        let clock = TestClock()
        self.clock = clock
        self.database = database
        let content = ContentStore(
            database: database, backend: try FolderBackend(root: folder + "/blobs"), scratch: scratch)
        self.content = content
        git = GitStore(database: database) { digest in try await content.open(digest) }
        hub = try await Hub(
            database: database, content: content, scratch: scratch, limits: limits, logger: Logger(label: "test"),
            now: Now { clock.seconds })
    }

    deinit {
        do {
            try database.close()
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            // A folder that stays behind in the temporary directory is no reason to fail a test.
        }
    }

    /// Makes a user and returns them as a caller with a token of `scope`.
    package func user(_ name: String, admin: Bool = false, scope: TokenScope = .write) async throws -> Caller {
        do {
            _ = try await hub.accounts.createUser(name, isAdmin: admin)
        } catch HubError.conflict {
            // Made by an earlier call.
        }
        let token = try await hub.accounts.createToken(for: name, name: "test", scope: scope)
        return try await hub.accounts.authenticate(token.text)
    }

    /// Creates an empty model repository.
    package func repository(
        _ name: String,
        visibility: RepositoryRecord.Visibility = .public,
        by caller: Caller
    ) async throws -> RepositoryRecord {
        try await hub.repositories.create(
            RepositoryID(.model, parsing: name), visibility: visibility, firstCommit: false, by: caller)
    }

    /// Publishes a commit with `files` on top of `parent`, as a client would.
    @discardableResult
    package func push(
        _ files: [String: String],
        to record: RepositoryRecord,
        onto parent: CommitID? = nil,
        branch: String = "main",
        by caller: Caller
    ) async throws -> CommitID {
        let changes = files.sorted { $0.key < $1.key }.map { FileChange.put(path: $0.key, bytes: Array($0.value.utf8)) }
        return try await push(changes, to: record, onto: parent, branch: branch, by: caller)
    }

    @discardableResult
    package func push(
        _ changes: [FileChange],
        to record: RepositoryRecord,
        onto parent: CommitID? = nil,
        branch: String = "main",
        by caller: Caller
    ) async throws -> CommitID {
        let author = Signature(name: caller.user?.name ?? "", email: "test@example.org", seconds: clock.seconds)
        let commit = try await git.write(record.rowID) { git in
            try git.writeCommit(
                changes, onto: parent, parents: parent.map { [$0] } ?? [], author: author, message: "change\n")
        }
        try await hub.pushes.publish(
            Push(
                to: record, by: caller,
                updates: [.init(try RefName(branch: branch), from: parent, to: commit)], via: "test"))
        return commit
    }

    /// Writes a commit nobody's ref stands at.
    package func commit(
        _ files: [String: String],
        in record: RepositoryRecord,
        onto parent: CommitID
    ) async throws -> CommitID {
        let changes = files.map { FileChange.put(path: $0.key, bytes: Array($0.value.utf8)) }
        let author = Signature(name: "test", email: "test@example.org", seconds: clock.seconds)
        return try await git.write(record.rowID) { git in
            try git.writeCommit(changes, onto: parent, parents: [parent], author: author, message: "change\n")
        }
    }

    /// Sends `bytes` the way git-lfs does and returns their pointer.
    package func upload(_ bytes: [UInt8], to record: RepositoryRecord, by caller: Caller) async throws -> LFSPointer {
        let stored = try await content.ingest(
            OnePiece(bytes), lease: Lease(uploader: caller.user?.id ?? -1, scope: record.rowID))
        return LFSPointer(digest: stored.digest, size: stored.size)
    }
}

/// A clock that stands still until it is moved.
package final class TestClock: Sendable {
    private let time = Mutex<Int64>(1_700_000_000)

    package init() {}

    package var seconds: Int64 { time.withLock { $0 } }

    package func advance(by seconds: Int64) { time.withLock { $0 += seconds } }
}

/// A body that arrives in one piece.
package struct OnePiece: AsyncSequence, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package struct AsyncIterator: AsyncIteratorProtocol {
        var rest: [UInt8]?

        package mutating func next() async throws -> [UInt8]? {
            defer { rest = nil }
            return rest
        }

        package mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> [UInt8]? {
            defer { rest = nil }
            return rest
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: bytes) }
}
