import Foundation
import HubCore
import HubDatabase
import HubServices
import HubServicesTestSupport
import Testing

/// A private repository of an organisation, a member who may only read it, and that member's fork.
private struct Scene {
    let test: TestHub
    let alice: Caller
    let bob: Caller
    let origin: RepositoryRecord
    let fork: RepositoryRecord

    init() async throws {
        test = try await TestHub()
        alice = try await test.user("alice")
        bob = try await test.user("bob")
        _ = try await test.hub.accounts.createOrganization("acme", administrator: "alice")
        try await test.hub.accounts.setMember("bob", of: "acme", role: .read)
        origin = try await test.repository("acme/secret", visibility: .private, by: alice)
        try await test.push(["a": "1"], to: origin, by: alice)
        fork = try await Self.fork(origin, as: "bob/copy", test, by: bob)
    }

    static func fork(
        _ origin: RepositoryRecord, as name: String, _ test: TestHub, by caller: Caller
    ) async throws -> RepositoryRecord {
        try await test.hub.repositories.fork(
            origin.id, to: RepositoryID(.model, parsing: name), visibility: nil, by: caller)
    }

    func open(_ record: RepositoryRecord, by caller: Caller) async throws {
        try await test.hub.repositories.setVisibility(.public, of: record.id, by: caller)
    }

    func refusal(of record: RepositoryRecord, by caller: Caller) async -> String? {
        do {
            try await open(record, by: caller)
            return nil
        } catch HubError.forbidden(let sentence) {
            return sentence
        } catch {
            return "\(error)"
        }
    }
}

private let anonymous = "a repository that was private; only somebody who administers that may make its fork more open"

@Suite struct ForkOpennessTests {
    @Test func `who may only read a private repository cannot open a fork of it`() async throws {
        let scene = try await Scene()
        #expect(
            await scene.refusal(of: scene.fork, by: scene.bob)
                == "bob/copy is a fork of acme/secret, which is private; "
                + "only somebody who administers that may make its fork more open")
        await #expect(throws: HubError.repositoryNotFound("there is no model repository bob/copy")) {
            try await scene.test.hub.access.repository(scene.fork.id, for: .anonymous, as: .see)
        }
    }

    @Test func `who administers what it was forked from may open it`() async throws {
        let scene = try await Scene()
        let own = try await Scene.fork(scene.origin, as: "alice/copy", scene.test, by: scene.alice)
        #expect(await scene.refusal(of: own, by: scene.alice) == nil)
        try await scene.test.hub.accounts.setMember("bob", of: "acme", role: .admin)
        #expect(await scene.refusal(of: scene.fork, by: scene.bob) == nil)
    }

    @Test func `a fork opens when what it was forked from has been opened`() async throws {
        let scene = try await Scene()
        try await scene.open(scene.origin, by: scene.alice)
        #expect(await scene.refusal(of: scene.fork, by: scene.bob) == nil)
    }

    @Test func `a repository that is deleted or moved goes on keeping its forks closed`() async throws {
        let scene = try await Scene()
        let elsewhere = try RepositoryID(.model, parsing: "alice/elsewhere")
        try await scene.test.hub.repositories.move(scene.origin.id, to: elsewhere, by: scene.alice)
        #expect(
            await scene.refusal(of: scene.fork, by: scene.bob)
                == "bob/copy is a fork of a repository that is private; "
                + "only somebody who administers that may make its fork more open")
        try await scene.test.hub.repositories.delete(elsewhere, by: scene.alice)
        #expect(await scene.refusal(of: scene.fork, by: scene.bob) == "bob/copy is a fork of \(anonymous)")
        let root = try await scene.test.user("root", admin: true)
        #expect(await scene.refusal(of: scene.fork, by: root) == nil)
    }

    @Test func `a fork of one's own fork opens no further, whatever is deleted between`() async throws {
        let scene = try await Scene()
        let second = try await Scene.fork(scene.fork, as: "bob/second", scene.test, by: scene.bob)
        let third = try await Scene.fork(second, as: "bob/third", scene.test, by: scene.bob)
        try await scene.test.hub.repositories.delete(second.id, by: scene.bob)
        #expect(await scene.refusal(of: third, by: scene.bob)?.hasPrefix("bob/third is a fork of acme/secret") == true)
        try await scene.test.hub.repositories.delete(scene.origin.id, by: scene.alice)
        #expect(await scene.refusal(of: third, by: scene.bob) == "bob/third is a fork of \(anonymous)")
    }

    @Test func `a fork moved to another owner is as closed as before`() async throws {
        let scene = try await Scene()
        _ = try await scene.test.hub.accounts.createOrganization("club", administrator: "bob")
        let moved = try RepositoryID(.model, parsing: "club/copy")
        try await scene.test.hub.repositories.move(scene.fork.id, to: moved, by: scene.bob)
        await #expect(throws: HubError.self) {
            try await scene.test.hub.repositories.setVisibility(.public, of: moved, by: scene.bob)
        }
    }

    @Test func `a fork of what was open may be opened whatever became of that`() async throws {
        let scene = try await Scene()
        let open = try await scene.test.repository("acme/open", by: scene.alice)
        let fork = try await scene.test.hub.repositories.fork(
            open.id, to: RepositoryID(.model, parsing: "bob/open"), visibility: .private, by: scene.bob)
        try await scene.test.hub.repositories.setVisibility(.private, of: open.id, by: scene.alice)
        #expect(await scene.refusal(of: fork, by: scene.bob) == nil)
    }

    @Test(arguments: [
        (RepositoryRecord.Gate.manual, RepositoryRecord.Gate?.none), (.manual, .auto), (.auto, nil),
    ])
    func `a fork of a gated repository does not lose the gate`(
        _ gate: RepositoryRecord.Gate, _ wanted: RepositoryRecord.Gate?
    ) async throws {
        let scene = try await Scene()
        let test = scene.test
        let origin = try await test.repository("alice/gated", by: scene.alice)
        try await test.hub.repositories.setGate(gate, of: origin.id, by: scene.alice)
        _ = try await test.hub.accessRequests.grant("bob", accessTo: origin.id, by: scene.alice)
        let fork = try await Scene.fork(origin, as: "bob/gated", test, by: scene.bob)
        let sentence =
            "bob/gated is a fork of alice/gated, which is gated; "
            + "only somebody who administers that may make its fork more open"
        await #expect(throws: HubError.forbidden(sentence)) {
            try await test.hub.repositories.setGate(wanted, of: fork.id, by: scene.bob)
        }
        // Nor by way of being private, where a gate may go.
        try await test.hub.repositories.change(
            .init(visibility: .private, gate: .some(nil)), of: fork.id, by: scene.bob)
        await #expect(throws: HubError.forbidden(sentence)) {
            try await test.hub.repositories.setVisibility(.public, of: fork.id, by: scene.bob)
        }
        try await test.hub.repositories.change(.init(visibility: .public, gate: .manual), of: fork.id, by: scene.bob)
    }

    @Test func `a refused change of both changes neither`() async throws {
        let scene = try await Scene()
        await #expect(throws: HubError.self) {
            try await scene.test.hub.repositories.change(
                .init(visibility: .public, gate: .manual), of: scene.fork.id, by: scene.bob)
        }
        let record = try await scene.test.hub.access.repository(scene.fork.id, for: scene.bob, as: .read)
        #expect((record.visibility, record.gate) == (.private, nil))
    }

    @Test func `forks of forks of what is closed have an end`() async throws {
        let scene = try await Scene()
        var last = scene.fork
        for number in 2...64 {
            last = try await Scene.fork(last, as: "bob/copy\(number)", scene.test, by: scene.bob)
        }
        await #expect(throws: HubError.self) {
            _ = try await Scene.fork(last, as: "bob/end", scene.test, by: scene.bob)
        }
    }

    @Test func `forks from before are as closed as what they were made of`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "forks-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = try SQLiteDatabase(path: folder.appending(path: "hub.sqlite").path)
        defer { try? database.close() }
        let earlier = CatalogSchema.migrations.filter { $0.id != "catalog-fork-origins" }
        try await database.migrate(earlier, dialect: .sqlite)
        try await database.write { connection in
            try connection.execute(
                "INSERT INTO account (id, name, name_key, kind, created_at) VALUES (7, 'ada', 'ada', 'user', 0)")
            for (id, visibility, gate, upstream) in [
                (1, "public", nil, nil), (2, "private", nil, 1), (3, "private", nil, 2), (4, "public", "auto", 3),
                (5, "public", nil, 4), (6, "public", nil, 5),
            ] as [(Int64, String, String?, Int64?)] {
                try connection.execute(
                    """
                    INSERT INTO repository (
                        id, kind, owner_id, name, name_key, visibility, gate, upstream_id, created_at, updated_at)
                    VALUES (?, 'model', 7, ?, ?, ?, ?, ?, 0, 0)
                    """, [id, "r\(id)", "r\(id)", visibility, gate, upstream])
            }
        }
        try await database.migrate(CatalogSchema.migrations, dialect: .sqlite)
        let rows = try await database.read { connection in
            try connection.query(
                "SELECT repository_id, distance, origin_id FROM fork_origin ORDER BY repository_id, distance"
            ).map { row in [try row.int(0), try row.int(1), try row.int(2)] }
        }
        // What is open has no say over its forks, nor has what lies behind it.
        #expect(rows == [[3, 1, 2], [4, 1, 3], [4, 2, 2], [5, 1, 4], [5, 2, 3], [5, 3, 2]])
    }
}
