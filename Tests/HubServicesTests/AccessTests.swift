import HubCore
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct AccessTests {
    @Test func `a private repository looks absent to others`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let record = try await test.repository("alice/secret", visibility: .private, by: alice)
        let absent = try RepositoryID(.model, parsing: "alice/secreu")
        for caller in [bob, .anonymous] {
            await #expect(throws: HubError.repositoryNotFound("there is no model repository alice/secret")) {
                try await test.hub.access.repository(record.id, for: caller, as: .read)
            }
            await #expect(throws: HubError.repositoryNotFound("there is no model repository alice/secreu")) {
                try await test.hub.access.repository(absent, for: caller, as: .read)
            }
        }
    }

    @Test func `anyone reads a public repository and nobody else writes it`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let record = try await test.repository("alice/open", by: alice)
        #expect(try await test.hub.access.repository(record.id, for: .anonymous, as: .read) == record)
        await #expect(throws: HubError.forbidden("you have the role 'read' on alice/open; this needs 'contribute'")) {
            try await test.hub.access.repository(record.id, for: bob, as: .contribute)
        }
        await #expect(throws: HubError.self) {
            try await test.hub.access.repository(record.id, for: .anonymous, as: .contribute)
        }
    }

    @Test func `a token of scope read cannot write its user's own repository`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let reader = try await test.user("alice", scope: .read)
        let record = try await test.repository("alice/open", by: alice)
        await #expect(throws: HubError.forbidden("this token may only read; use one with the scope 'write'")) {
            try await test.hub.access.repository(record.id, for: reader, as: .contribute)
        }
    }

    @Test(arguments: [(Role.read, Role.contribute), (.contribute, .write), (.write, .admin)])
    func `a member's role ends where the next begins`(_ held: Role, _ wanted: Role) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        _ = try await test.hub.accounts.createOrganization("acme", administrator: "alice")
        let record = try await test.repository("acme/model", visibility: .private, by: alice)
        try await test.hub.accounts.setMember("bob", of: "acme", role: held)
        #expect(try await test.hub.access.repository(record.id, for: bob, as: held) == record)
        await #expect(throws: HubError.self) {
            try await test.hub.access.repository(record.id, for: bob, as: wanted)
        }
    }

    @Test func `a token is refused once it has expired`() async throws {
        let test = try await TestHub()
        _ = try await test.user("alice")
        let token = try await test.hub.accounts.createToken(for: "alice", name: "short", scope: .write, lifetime: 60)
        #expect(try await test.hub.accounts.authenticate(token.text).user?.name == "alice")
        test.clock.advance(by: 60)
        await #expect(throws: HubError.unauthorized("the access token has expired; make a new one and log in")) {
            try await test.hub.accounts.authenticate(token.text)
        }
    }

    @Test func `names differ by more than case`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        _ = try await test.repository("alice/Model", by: alice)
        await #expect(throws: HubError.conflict("A model repository called alice/model already exists")) {
            try await test.repository("alice/model", by: alice)
        }
        await #expect(throws: HubError.conflict("the name 'ALICE' is taken")) {
            try await test.hub.accounts.createUser("ALICE")
        }
    }
}
