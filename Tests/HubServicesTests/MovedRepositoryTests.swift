import HubCore
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct MovedRepositoryTests {
    private func id(_ name: String) throws -> RepositoryID { try RepositoryID(.model, parsing: name) }

    @Test func `an old name leads to the repository, after every move`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/one", by: alice)
        try await test.hub.repositories.move(record.id, to: id("alice/two"), by: alice)
        try await test.hub.repositories.move(id("Alice/Two"), to: id("alice/three"), by: alice)
        for name in ["alice/one", "alice/two", "ALICE/ONE"] {
            await #expect(throws: HubError.moved(to: try id("alice/three"))) {
                try await test.hub.access.repository(id(name), for: .anonymous, as: .read)
            }
        }
        let found = try await test.hub.access.repository(id("alice/three"), for: alice, as: .admin)
        #expect(found.rowID == record.rowID)
    }

    @Test func `where a private repository went is told to nobody else`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        _ = try await test.repository("alice/one", visibility: .private, by: alice)
        try await test.hub.repositories.move(id("alice/one"), to: id("alice/two"), by: alice)
        await #expect(throws: HubError.repositoryNotFound("there is no model repository alice/one")) {
            try await test.hub.access.repository(id("alice/one"), for: bob, as: .read)
        }
    }

    @Test func `a name that was given up can be taken, by a new repository and by the old one`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let first = try await test.repository("alice/one", by: alice)
        try await test.hub.repositories.move(id("alice/one"), to: id("alice/two"), by: alice)
        let second = try await test.repository("alice/one", by: alice)
        #expect(try await test.hub.access.repository(id("alice/one"), for: alice, as: .read) == second)
        try await test.hub.repositories.delete(id("alice/one"), by: alice)
        try await test.hub.repositories.move(id("alice/two"), to: id("alice/one"), by: alice)
        #expect(try await test.hub.access.repository(id("alice/one"), for: alice, as: .read).rowID == first.rowID)
    }

    @Test func `a move needs both ends`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        _ = try await test.repository("alice/one", by: alice)
        _ = try await test.repository("alice/two", by: alice)
        await #expect(throws: HubError.conflict("A model repository called alice/two already exists")) {
            try await test.hub.repositories.move(id("alice/one"), to: id("alice/two"), by: alice)
        }
        await #expect(throws: HubError.forbidden("you may not create repositories for 'bob'")) {
            try await test.hub.repositories.move(id("alice/one"), to: id("bob/one"), by: alice)
        }
        await #expect(throws: HubError.self) {
            try await test.hub.repositories.move(id("alice/one"), to: id("bob/one"), by: bob)
        }
        await #expect(throws: HubError.self) {
            try await test.hub.repositories.move(id("alice/one"), to: id("alice/tree"), by: alice)
        }
    }
}
