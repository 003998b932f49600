import HubCore
import HubDatabase
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct ListingTests {
    @Test(arguments: ListingQuery.Order.allCases)
    func `pages tell each repository once, also where many are equal`(_ order: ListingQuery.Order) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let names = (0..<7).map { "alice/model-\($0)" }
        for (place, name) in names.enumerated() {
            _ = try await test.repository(name, by: alice)
            if place == 3 { test.clock.advance(by: 10) }
        }
        var query = ListingQuery(.model)
        query.order = order
        query.limit = 2
        #expect(try await test.list(query, by: alice) == names.reversed())
    }

    @Test func `only those who may see a repository find it, or what hangs on it`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let base = try await test.repository("alice/base", by: alice)
        let child = try await test.repository("alice/child", visibility: .private, by: alice)
        try await test.push(
            ["README.md": "---\nbase_model: Alice/Base\n---\nsecretive\n"], to: child, by: alice)
        var search = ListingQuery(.model)
        search.search = ["secretive"]
        #expect(try await test.list(search, by: alice) == ["alice/child"])
        #expect(try await test.list(search, by: bob) == [])
        #expect(try await test.list(search, by: .anonymous) == [])
        #expect(try await test.show(base, by: alice).childrenCount == 1)
        #expect(try await test.show(base, by: bob).childrenCount == 0)
        #expect(try await test.hub.listings.tagsByKind(.model).isEmpty)
    }

    @Test func `a repository is found by what its default branch says now`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/tiny", by: alice)
        let first = try await test.push(["README.md": "---\ntags: [old]\n---\nancient words\n"], to: record, by: alice)
        try await test.hub.pushes.publish(
            Push(to: record, by: alice, updates: [.init(RefName(branch: "side"), from: nil, to: first)], via: "test"))
        try await test.push(
            ["README.md": "---\ntags: [side]\n---\n"], to: record, onto: first, branch: "side", by: alice)
        var side = ListingQuery(.model)
        side.tags = ["side"]
        #expect(try await test.list(side, by: alice) == [])
        var old = ListingQuery(.model)
        old.search = ["ancient"]
        #expect(try await test.list(old, by: alice) == ["alice/tiny"])
        try await test.push(["README.md": "new words\n"], to: record, onto: first, by: alice)
        #expect(try await test.list(old, by: alice) == [])
    }

    @Test func `nothing of a repository that was deleted is left in the lists`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/tiny", by: alice)
        try await test.push(
            ["README.md": "---\ntags: [x]\nbase_model: a/b\n---\nwords\n"], to: record, by: alice)
        test.hub.downloads.count(record.id, client: "someone")
        try await test.hub.downloads.flush()
        try await test.hub.repositories.delete(record.id, by: alice)
        for table in ["listing", "listing_tag", "listing_reference", "listing_text", "download_day", "popularity"] {
            #expect(try await test.count(table) == 0, "\(table)")
        }
    }

    @Test(arguments: [
        ("min:6B,max:128B", 6_000_000_000...128_000_000_000), ("max:1.5k", 0...1500), ("min:7", 7...Int.max),
    ])
    func `a range of sizes is read`(_ text: String, _ range: ClosedRange<Int>) throws {
        #expect(try ListingQuery.parameters(parsing: text) == range)
    }

    @Test(arguments: ["", "6B", "min:", "min:2B,max:1B", "min:-1", "min:nan", "max:1e40", "least:1", "min:1,,max:2"])
    func `what is no range of sizes is refused`(_ text: String) {
        #expect(throws: HubError.self) { try ListingQuery.parameters(parsing: text) }
    }

    @Test func `what one client asks within five minutes is one download`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/tiny", by: alice)
        let shouted = try RepositoryID(.model, parsing: "ALICE/Tiny")
        test.hub.downloads.count(record.id, client: "one")
        test.hub.downloads.count(shouted, client: "one")
        test.hub.downloads.count(record.id, client: "two")
        try await test.hub.downloads.flush()
        #expect(try await test.show(record, by: alice).popularity.downloads == 2)
        test.clock.advance(by: 301)
        test.hub.downloads.count(record.id, client: "one")
        try await test.hub.downloads.flush()
        let popularity = try await test.show(record, by: alice).popularity
        #expect((popularity.downloads, popularity.downloadsAllTime, popularity.trending) == (3, 3, 3))
    }

    @Test func `downloads leave the month and the week they were in, and stay in the total`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/tiny", by: alice)
        test.hub.downloads.count(record.id, client: "one")
        try await test.hub.downloads.flush()
        test.clock.advance(by: 8 * 86_400)
        try await test.hub.listingKeeper.moveWindows()
        let week = try await test.show(record, by: alice).popularity
        #expect((week.downloads, week.downloadsAllTime, week.trending) == (1, 1, 0))
        test.clock.advance(by: 60 * 86_400)
        try await test.hub.listingKeeper.moveWindows()
        let month = try await test.show(record, by: alice).popularity
        #expect((month.downloads, month.downloadsAllTime, month.trending) == (0, 1, 0))
    }

    @Test func `counting for a repository that is not there writes nothing`() async throws {
        let test = try await TestHub()
        test.hub.downloads.count(try RepositoryID(.model, parsing: "no/body"), client: "one")
        try await test.hub.downloads.flush()
        #expect(try await test.count("download_day") == 0)
    }
}
