import HubCore
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct CollectionServiceTests {
    private func make(_ title: String, _ test: TestHub, by caller: Caller) async throws -> HubCollection {
        let outcome = try await test.hub.collections.create(
            title: title, namespace: nil, description: nil, isPrivate: false, by: caller)
        guard case .made(let collection) = outcome else { throw HubError.conflict("it was there") }
        return collection
    }

    private func slug(_ collection: HubCollection) throws -> CollectionSlug {
        try CollectionSlug(parsing: collection.slug)
    }

    @Test(arguments: [
        ("My Models", "my-models"), ("  A--b!!c ", "a-b-c"), ("日本", "collection"), ("Ünïcode x", "n-code-x"),
    ])
    func `a slug is the title's words`(_ title: String, _ words: String) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        #expect(try await make(title, test, by: alice).titleSlug == words)
    }

    @Test(arguments: ["", "   ", "\u{0}", String(repeating: "x", count: 121)])
    func `a title nobody can read is refused`(_ title: String) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        await #expect(throws: HubError.self) { try await make(title, test, by: alice) }
    }

    @Test func `the same title twice is the same collection`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        _ = try await make("Models", test, by: alice)
        await #expect(throws: HubError.conflict("it was there")) { try await make("models!", test, by: alice) }
    }

    @Test(arguments: [(0, ["b", "a", "c"]), (2, ["a", "c", "b"]), (99, ["a", "c", "b"]), (-5, ["b", "a", "c"])])
    func `an item moves to its place and the others make room`(_ place: Int, _ names: [String]) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let slug = try slug(try await make("Things", test, by: alice))
        for name in ["a", "b", "c"] {
            _ = try await test.repository("alice/\(name)", by: alice)
            _ = try await test.hub.collections.addItem(.model, "alice/\(name)", note: nil, to: slug, by: alice)
        }
        let items = try await test.hub.collections.show(slug, for: alice).items
        let moved = try await test.hub.collections.updateItem(
            items[1].id, in: slug, note: nil, position: place, by: alice)
        #expect(moved.items.map(\.name) == names.map { "alice/\($0)" })
        #expect(moved.items.map(\.position) == [0, 1, 2])
    }

    @Test func `places tell nothing of items and collections that are not seen`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        _ = try await test.hub.collections.create(
            title: "Secret", namespace: nil, description: nil, isPrivate: true, by: alice)
        let slug = try slug(try await make("Things", test, by: alice))
        for (name, visibility) in [
            ("a", RepositoryRecord.Visibility.public), ("hidden", .private), ("b", .public), ("other", .private),
            ("c", .public),
        ] {
            _ = try await test.repository("alice/\(name)", visibility: visibility, by: alice)
            _ = try await test.hub.collections.addItem(.model, "alice/\(name)", note: nil, to: slug, by: alice)
        }
        let own = try await test.hub.collections.show(slug, for: alice)
        #expect(own.position == 1)
        #expect(own.items.map(\.position) == [0, 1, 2, 3, 4])
        var query = CollectionService.Query()
        query.owners = ["alice"]
        let listed = try await test.hub.collections.list(query, RowPageRequest(limit: 10), for: bob).items
        for seen in [try await test.hub.collections.show(slug, for: bob)] + listed {
            #expect(seen.position == 0)
            #expect(seen.items.map(\.position) == [0, 1, 2])
        }
    }

    @Test func `a place is counted among what its chooser sees`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        _ = try await test.hub.accounts.createOrganization("acme", administrator: "alice")
        try await test.hub.accounts.setMember("bob", of: "acme", role: .write)
        let outcome = try await test.hub.collections.create(
            title: "Things", namespace: "acme", description: nil, isPrivate: false, by: alice)
        guard case .made(let made) = outcome else { throw HubError.conflict("it was there") }
        let slug = try slug(made)
        for (name, visibility) in [
            ("a", RepositoryRecord.Visibility.public), ("hidden", .private), ("b", .public), ("c", .public),
        ] {
            _ = try await test.repository("alice/\(name)", visibility: visibility, by: alice)
            _ = try await test.hub.collections.addItem(.model, "alice/\(name)", note: nil, to: slug, by: alice)
        }
        let items = try await test.hub.collections.show(slug, for: bob).items
        let moved = try await test.hub.collections.updateItem(items[2].id, in: slug, note: nil, position: 1, by: bob)
        #expect(moved.items.map(\.name) == ["alice/a", "alice/c", "alice/b"])
        let all = try await test.hub.collections.show(slug, for: alice).items
        #expect(all.map(\.name) == ["alice/a", "alice/hidden", "alice/c", "alice/b"])
    }

    @Test func `an item is not reached through another collection`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let theirs = try slug(try await make("Theirs", test, by: alice))
        _ = try await test.repository("alice/a", by: alice)
        _ = try await test.hub.collections.addItem(.model, "alice/a", note: nil, to: theirs, by: alice)
        let item = try #require(try await test.hub.collections.show(theirs, for: bob).items.first)
        let own = try slug(try await make("Own", test, by: bob))
        await #expect(throws: HubError.self) {
            try await test.hub.collections.deleteItem(item.id, in: own, by: bob)
        }
        await #expect(throws: HubError.self) {
            try await test.hub.collections.deleteItem(item.id, in: theirs, by: bob)
        }
    }

    @Test func `a deleted repository leaves its likes and collections`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/a", by: alice)
        let slug = try slug(try await make("Things", test, by: alice))
        _ = try await test.hub.collections.addItem(.model, "alice/a", note: "x", to: slug, by: alice)
        try await test.hub.likes.setLike(true, record.id, by: alice)
        try await test.hub.repositories.delete(record.id, by: alice)
        #expect(try await test.hub.collections.show(slug, for: alice).items.isEmpty)
        #expect(try await test.hub.likes.likes(of: "alice", RowPageRequest(limit: 10), for: alice).items.isEmpty)
    }

    @Test func `who leaves the hub takes follows, likes, collections and webhooks along`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        _ = try await test.repository("alice/a", by: alice)
        try await test.hub.likes.setLike(true, RepositoryID(.model, parsing: "alice/a"), by: bob)
        try await test.hub.people.setFollowing(true, "alice", .user, by: bob)
        let own = try slug(try await make("Own", test, by: bob))
        _ = try await test.hub.collections.addItem(.model, "alice/a", note: nil, to: own, by: bob)
        var wish = WebhookService.Wish()
        wish.url = "https://example.org/"
        wish.watched = [try .init(.user, "alice")]
        _ = try await test.hub.webhooks.create(wish, baseURL: "http://hub", by: bob)
        #expect(try await test.hub.accounts.removeUser("bob"))
        #expect(try await test.hub.people.overview(of: "alice", .user, for: alice).followers == 0)
        await #expect(throws: HubError.self) { try await test.hub.collections.show(own, for: alice) }
    }
}
