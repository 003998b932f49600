import HubCore
import HubDatabase
import HubGit
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct GateTests {
    private static func gated(_ test: TestHub, by owner: Caller) async throws -> RepositoryRecord {
        let record = try await test.repository("alice/model", by: owner)
        try await test.push(["a": "1"], to: record, by: owner)
        try await test.hub.repositories.setGate(.manual, of: record.id, by: owner)
        return record
    }

    @Test func `a gated repository is seen by all and read by those who were let in`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let record = try await Self.gated(test, by: alice)
        _ = try await test.hub.access.repository(record.id, for: bob, as: .see)
        let sentence =
            "Access to model alice/model is restricted and you are not in the authorized list. "
            + "Ask for access with POST /api/models/alice/model/ask-access."
        await #expect(throws: HubError.gated(sentence)) {
            try await test.hub.access.repository(record.id, for: bob, as: .read)
        }
        #expect(try await !test.hub.access.mayRead(record.rowID, bob))
        _ = try await test.hub.accessRequests.grant("bob", accessTo: record.id, by: alice)
        _ = try await test.hub.access.repository(record.id, for: bob, as: .read)
        await #expect(throws: HubError.self) {
            try await test.hub.access.repository(record.id, for: .anonymous, as: .read)
        }
    }

    @Test func `members and administrators of the hub are always in`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        _ = try await test.hub.accounts.createOrganization("acme", administrator: "alice")
        let member = try await test.user("bob")
        try await test.hub.accounts.setMember("bob", of: "acme", role: .read)
        let root = try await test.user("root", admin: true)
        let record = try await test.repository("acme/model", by: alice)
        try await test.hub.repositories.setGate(.manual, of: record.id, by: alice)
        for caller in [alice, member, root] {
            _ = try await test.hub.access.repository(record.id, for: caller, as: .read)
        }
    }

    @Test func `content behind a gate cannot be published elsewhere by who knows its digest`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let record = try await Self.gated(test, by: alice)
        let pointer = try await test.upload([UInt8](repeating: 7, count: 5000), to: record, by: alice)
        try await test.push(["big.dat": pointer.text], to: record, branch: "other", by: alice)
        let mine = try await test.repository("bob/mine", by: bob)
        await #expect(throws: HubError.missingContent([pointer.digest])) {
            try await test.push(["big.dat": pointer.text], to: mine, by: bob)
        }
    }

    @Test func `a fork of a gated repository is gated too`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let eve = try await test.user("eve")
        let record = try await Self.gated(test, by: alice)
        _ = try await test.hub.accessRequests.grant("bob", accessTo: record.id, by: alice)
        let fork = try await test.hub.repositories.fork(
            record.id, to: RepositoryID(.model, parsing: "bob/copy"), visibility: nil, by: bob)
        await #expect(throws: HubError.self) {
            try await test.hub.access.repository(fork.id, for: eve, as: .read)
        }
    }

    @Test(arguments: [("README.md", Role.see), (".gitattributes", .see), ("docs/README.md", .read), ("a", .read)])
    func `cards and attributes are open`(_ path: String, _ role: Role) {
        #expect(Access.role(toRead: path) == role)
    }

    @Test func `requests come in pages, the newest first`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await Self.gated(test, by: alice)
        for number in 0..<(AccessRequestService.pageSize + 3) {
            let user = try await test.user("user\(number)")
            _ = try await test.hub.accessRequests.ask(for: record.id, saying: [:], by: user)
        }
        let (first, next) = try await test.hub.accessRequests.list(.pending, of: record.id, before: nil, by: alice)
        let (second, end) = try await test.hub.accessRequests.list(.pending, of: record.id, before: next, by: alice)
        #expect(first.first?.user == "user102")
        #expect(second.map(\.user) == ["user2", "user1", "user0"])
        #expect(end == nil)
    }

    @Test func `deleting a repository forgets who asked for it`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let record = try await Self.gated(test, by: alice)
        _ = try await test.hub.accessRequests.ask(for: record.id, saying: ["why": "x"], by: bob)
        try await test.hub.repositories.delete(record.id, by: alice)
        let left = try await test.database.read { connection in
            try connection.queryOne("SELECT COUNT(*) FROM access_request")?.int(0)
        }
        #expect(left == 0)
    }
}
