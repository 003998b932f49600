import HubCore
import HubDatabase
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct LoopbackGuestTests {
    private func open(_ record: RepositoryRecord, rewinds: Bool = false, in test: TestHub) async throws {
        let rowID = record.rowID
        try await test.database.write { connection in
            try connection.execute(
                """
                INSERT INTO repository_import (
                    repository_id, place, digest, takes_anonymous_pushes, lets_guests_rewind, imported_at
                ) VALUES (?, '/somewhere.git', ?, 1, ?, 0)
                """, [rowID, [UInt8](), rewinds])
        }
    }

    @Test func `a guest writes where an import allows it, and administers nothing`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/open", by: alice)
        let other = try await test.repository("alice/other", by: alice)
        try await open(record, in: test)
        #expect(try await test.hub.access.repository(record.id, for: .loopbackGuest, as: .write) == record)
        for (id, role, caller) in [
            (record.id, Role.admin, Caller.loopbackGuest), (other.id, .contribute, .loopbackGuest),
            (record.id, .contribute, .anonymous),
        ] {
            await #expect(throws: HubError.self) {
                try await test.hub.access.repository(id, for: caller, as: role)
            }
        }
    }

    @Test func `what was made private or was gated meanwhile is closed to guests`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let (one, two) = (
            try await test.repository("alice/one", by: alice), try await test.repository("alice/two", by: alice)
        )
        try await open(one, in: test)
        try await open(two, in: test)
        try await test.hub.repositories.setVisibility(.private, of: one.id, by: alice)
        try await test.hub.repositories.setGate(.manual, of: two.id, by: alice)
        await #expect(throws: HubError.repositoryNotFound("there is no model repository alice/one")) {
            try await test.hub.access.repository(one.id, for: .loopbackGuest, as: .contribute)
        }
        await #expect(throws: HubError.self) {
            try await test.hub.access.repository(two.id, for: .loopbackGuest, as: .contribute)
        }
    }

    @Test func `only a guest takes the default branch back, and only where an import allows it`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let (one, two) = (
            try await test.repository("alice/one", by: alice), try await test.repository("alice/two", by: alice)
        )
        try await open(one, rewinds: true, in: test)
        try await open(two, in: test)
        let allowed = try await test.database.read { connection in
            try [(one, Caller.loopbackGuest), (two, .loopbackGuest), (one, alice), (one, .anonymous)].map {
                try Access.mayRewind($0, $1, in: connection)
            }
        }
        #expect(allowed == [true, false, false, false])
    }

    @Test func `a hub that starts again invites nobody by itself`() async throws {
        let test = try await TestHub()
        let record = try await test.repository("alice/open", by: try await test.user("alice"))
        try await open(record, in: test)
        try await test.hub.imports.withdrawInvitations()
        await #expect(throws: HubError.self) {
            try await test.hub.access.repository(record.id, for: .loopbackGuest, as: .contribute)
        }
    }
}
