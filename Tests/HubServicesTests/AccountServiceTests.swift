import HubCore
import HubDatabase
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct AccountServiceTests {
    @Test(arguments: ["", "..", "a/b", "a b", "-a", "a-", "a..b", "a\u{1B}", "a\n", "größe", "api", "Datasets"])
    func `a name that would stand badly in a URL is refused`(_ name: String) async throws {
        let test = try await TestHub()
        await #expect(throws: HubError.self) { try await test.hub.accounts.createUser(name) }
        #expect(try await test.hub.accounts.users().isEmpty)
    }

    @Test func `a token's text is kept nowhere`() async throws {
        let test = try await TestHub()
        _ = try await test.hub.accounts.createUser("alice")
        let token = try await test.hub.accounts.createToken(for: "alice", name: "laptop", scope: .write)
        let kept = try await test.database.read { connection in
            try connection.query("SELECT digest FROM access_token").map { row in try row.blob(0) }
        }
        #expect(kept.count == 1)
        #expect(kept.allSatisfy { $0.count == 32 && $0 != Array(token.text.utf8) })
    }

    @Test func `tokens are listed by name, scope and end, without their text`() async throws {
        let test = try await TestHub()
        let accounts = test.hub.accounts
        _ = try await accounts.createUser("alice")
        let first = try await accounts.createToken(for: "alice", name: "laptop", scope: .write)
        _ = try await accounts.createToken(for: "alice", name: "CI", scope: .read, lifetime: 60)
        let tokens = try await accounts.tokens(of: "ALICE")
        #expect(tokens.map { "\($0.name) \($0.scope.rawValue)" } == ["laptop write", "CI read"])
        #expect(tokens.map(\.expiresAt) == [nil, test.clock.seconds + 60])
        test.clock.advance(by: 60)
        #expect(tokens.map { $0.hasExpired(at: test.clock.seconds) } == [false, true])
        #expect(!first.text.contains("laptop"))
    }

    @Test func `a revoked token is unknown at once, and others go on`() async throws {
        let test = try await TestHub()
        let accounts = test.hub.accounts
        _ = try await accounts.createUser("alice")
        let lost = try await accounts.createToken(for: "alice", name: "lost", scope: .write)
        let kept = try await accounts.createToken(for: "alice", name: "kept", scope: .write)
        let id = try #require(try await accounts.tokens(of: "alice").first?.id)
        try await accounts.revokeToken(id, of: "alice")
        await #expect(throws: HubError.unauthorized("the access token is unknown; make a new one and log in")) {
            try await accounts.authenticate(lost.text)
        }
        #expect(try await accounts.authenticate(kept.text).user?.name == "alice")
        await #expect(throws: HubError.notFound("alice has no token \(id)")) {
            try await accounts.revokeToken(id, of: "alice")
        }
    }

    @Test func `nobody's token is revoked by another's name`() async throws {
        let test = try await TestHub()
        let accounts = test.hub.accounts
        _ = try await accounts.createUser("bob")
        let alice = try await test.user("alice")
        let id = try #require(try await accounts.tokens(of: "alice").first?.id)
        await #expect(throws: HubError.notFound("bob has no token \(id)")) {
            try await accounts.revokeToken(id, of: "bob")
        }
        #expect(try await accounts.tokens(of: "alice").count == 1)
        #expect(try await accounts.revokeAllTokens(of: "alice") == 1)
        #expect(alice.user?.name == "alice")
    }

    @Test func `someone who owns something is not removed`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        _ = try await test.repository("alice/model", by: alice)
        await #expect(
            throws: HubError.conflict("'alice' still owns alice/model; delete what belongs to them first")
        ) { try await test.hub.accounts.removeUser("alice") }
        #expect(try await test.hub.accounts.tokens(of: "alice").count == 1)
    }

    @Test func `who is removed has no way in, and the name is free again`() async throws {
        let test = try await TestHub()
        let accounts = test.hub.accounts
        _ = try await accounts.createUser("alice")
        let token = try await accounts.createToken(for: "alice", name: "laptop", scope: .write)
        _ = try await accounts.createUser("bob")
        _ = try await accounts.createOrganization("acme", administrator: "bob")
        try await accounts.setMember("alice", of: "acme", role: .write)
        #expect(try await accounts.removeUser("alice"))
        await #expect(throws: HubError.self) { try await accounts.authenticate(token.text) }
        #expect(try await accounts.users().map(\.name) == ["bob"])
        let again = try await accounts.createUser("alice")
        #expect(try await accounts.organizations(of: again.id).isEmpty)
        #expect(try await accounts.tokens(of: "alice").isEmpty)
    }

    @Test func `the last administrator stays, of the hub and of an organisation`() async throws {
        let test = try await TestHub()
        let accounts = test.hub.accounts
        _ = try await accounts.createUser("admin", isAdmin: true)
        await #expect(
            throws: HubError.conflict("'admin' is the last administrator of the hub; make another one first")
        ) { try await accounts.removeUser("admin") }
        _ = try await accounts.createUser("second", isAdmin: true)
        _ = try await accounts.createOrganization("acme", administrator: "admin")
        await #expect(
            throws: HubError.conflict(
                "'admin' is the last administrator of the organization 'acme'; "
                    + "make another member its administrator first")
        ) { try await accounts.removeUser("admin") }
        try await accounts.setMember("second", of: "acme", role: .admin)
        #expect(try await accounts.removeUser("admin"))
    }

    @Test func `an organisation without an administrator is not made`() async throws {
        let test = try await TestHub()
        let accounts = test.hub.accounts
        _ = try await accounts.createUser("alice")
        await #expect(throws: HubError.notFound("there is no user 'alcie'")) {
            try await accounts.createOrganization("acme", administrator: "alcie")
        }
        let organization = try await accounts.createOrganization("acme", administrator: "alice")
        #expect(organization.name == "acme")
    }

    @Test func `only a member leaves an organisation`() async throws {
        let test = try await TestHub()
        let accounts = test.hub.accounts
        _ = try await accounts.createUser("alice")
        _ = try await accounts.createUser("bob")
        _ = try await accounts.createOrganization("acme", administrator: "alice")
        await #expect(throws: HubError.notFound("bob is no member of acme")) {
            try await accounts.setMember("bob", of: "acme", role: nil)
        }
    }

    @Test func `a member who leaves loses what the role gave`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        _ = try await test.hub.accounts.createOrganization("acme", administrator: "alice")
        let record = try await test.repository("acme/secret", visibility: .private, by: alice)
        try await test.hub.accounts.setMember("bob", of: "acme", role: .write)
        #expect(try await test.hub.access.repository(record.id, for: bob, as: .write) == record)
        try await test.hub.accounts.setMember("bob", of: "acme", role: nil)
        await #expect(throws: HubError.repositoryNotFound("there is no model repository acme/secret")) {
            try await test.hub.access.repository(record.id, for: bob, as: .read)
        }
    }
}
