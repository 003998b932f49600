import Foundation
import HubCore
import HubDatabase
import HubGit
import HubTestSupport

/// A git store on a database of its own, in a folder that goes with it.
final class TestStore: Sendable {
    let folder: String
    let database: SQLiteDatabase
    let store: GitStore

    /// - Parameter steps: How many of the schema's steps are taken.
    init(steps: Int = .max) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "hub-git-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        database = try SQLiteDatabase(path: "\(folder)/hub.db", readers: 1)
        try await database.migrate(Array(GitStore.migrations.prefix(steps)), dialect: .sqlite)
        store = GitStore(database: database)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Commits `changes` on a branch of `repository`, creating the branch if need be.
    @discardableResult
    func commit(
        _ changes: [FileChange], to branch: RefName = .main, in repository: Int64 = 1, message: String = "change",
        seconds: Int64 = 1_700_000_000
    ) async throws -> CommitID {
        try await store.write(repository) { git in
            let head = try git.ref(branch)?.target
            let commit = try git.writeCommit(
                changes, onto: head, parents: head.map { [$0] } ?? [], author: .tester(seconds), message: message)
            try git.move(branch, from: head, to: commit)
            return commit
        }
    }

    /// Runs stock git and returns what it printed; a failing git throws with what it complained about.
    @discardableResult
    func git(_ arguments: String..., in folder: String? = nil, input: [UInt8]? = nil) async throws -> [UInt8] {
        try await StockGit.run(arguments, in: folder ?? self.folder, input: input)
    }
}

extension Signature {
    static func tester(_ seconds: Int64 = 1_700_000_000) -> Signature {
        Signature(name: "Ada", email: "ada@example.org", seconds: seconds, offset: 60)
    }
}

extension FileChange {
    static func put(_ path: String, _ text: String) -> FileChange { .put(path: path, bytes: Array(text.utf8)) }
}

/// The git on this machine, as the oracle.
enum StockGit {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    @discardableResult
    static func run(_ arguments: [String], in folder: String, input: [UInt8]? = nil) async throws -> [UInt8] {
        let result = try await Program.run(
            "git", arguments, in: folder, environment: environment, input: input ?? [])
        guard result.status == 0 else {
            throw Failure(description: "git \(arguments.joined(separator: " ")): \(result.complaint)")
        }
        return result.output
    }

    private static let environment = [
        "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org", "GIT_AUTHOR_DATE": "1700000000 +0100",
        "GIT_COMMITTER_DATE": "1700000000 +0100", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
    ]
}

extension [UInt8] {
    var text: String { String(decoding: self, as: UTF8.self) }
    var line: String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
}
