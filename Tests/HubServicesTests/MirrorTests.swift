import HubCore
import HubDatabase
import HubGit
import HubServices
import HubServicesTestSupport
import Testing

struct MirrorTests {
    private static let url = "https://example.org/acme/tiny.git"

    private func plainWish() -> MirrorService.Wish {
        var wish = MirrorService.Wish(url: Self.url)
        wish.user = "ada"
        return wish
    }

    @Test(arguments: [
        "ftp://example.org/x", "file:///etc", "https://u:p@example.org/x.git", "https://example.org/x?y", "http://",
        "http://127.0.0.1/x.git", "http://[::1]/x.git", "http://169.254.169.254/x.git", "http://10.0.0.1/x.git", "x y",
    ])
    func `a mirror of what the hub may not ask is refused`(url: String) async throws {
        let test = try await TestHub()
        _ = try await test.user("ada")
        var wish = plainWish()
        wish.url = url
        await #expect(throws: HubError.self) {
            try await test.hub.mirrors.add(wish, to: .init(.model, parsing: "ada/m"))
        }
    }

    @Test func `a mirror makes its repository and owns the branches`() async throws {
        let test = try await TestHub()
        let ada = try await test.user("ada")
        let mirror = try await test.hub.mirrors.add(plainWish(), to: .init(.model, parsing: "ada/m"))
        await #expect(
            throws: HubError.forbidden(
                "ada/m is a mirror of \(Self.url), whose branches and tags it follows; push there, or to a fork")
        ) { try await test.push(["a": "1"], to: mirror.repository, by: ada) }
        try await test.hub.mirrors.remove(mirror.repository.id)
        try await test.push(["a": "1"], to: mirror.repository, by: ada)
    }

    @Test func `a mirror does not take a repository that has branches unless they may go`() async throws {
        let test = try await TestHub()
        let ada = try await test.user("ada")
        let record = try await test.repository("ada/m", by: ada)
        try await test.push(["a": "1"], to: record, by: ada)
        await #expect(throws: HubError.self) { try await test.hub.mirrors.add(plainWish(), to: record.id) }
        var wish = plainWish()
        wish.replaces = true
        _ = try await test.hub.mirrors.add(wish, to: record.id)
    }

    @Test func `a mirror in the name of someone who may not write there is refused`() async throws {
        let test = try await TestHub()
        let ada = try await test.user("ada")
        let record = try await test.repository("ada/m", by: ada)
        _ = try await test.user("eve")
        var wish = plainWish()
        wish.user = "eve"
        await #expect(throws: HubError.self) { try await test.hub.mirrors.add(wish, to: record.id) }
    }

    @Test func `an upstream out of bounds fails the run, and each failure doubles the wait`() async throws {
        let test = try await TestHub()
        _ = try await test.user("ada")
        var wish = plainWish()
        wish.url = "http://localhost:9/x.git"  // a name: where it leads shows only when it is asked
        let mirror = try await test.hub.mirrors.add(wish, to: .init(.model, parsing: "ada/m"))
        for failures in 1...3 {
            let outcome = try #require(try await test.hub.mirrorRunner.runNext())
            #expect(!outcome.isGood && outcome.result.contains("mirror.allow-private"))
            let state = try #require(try await test.hub.mirrors.state(of: mirror.repository))
            #expect(state.failures == failures)
            #expect(state.nextRunAt == test.clock.seconds + 3600 << failures)
            #expect(try await test.hub.mirrorRunner.runNext() == nil)
            test.clock.advance(by: 3600 << Int64(failures))
        }
    }

    @Test func `a deleted repository and a removed user take their mirrors along`() async throws {
        let test = try await TestHub()
        let (ada, _) = (try await test.user("ada"), try await test.user("root", admin: true))
        let mirror = try await test.hub.mirrors.add(plainWish(), to: .init(.model, parsing: "ada/m"))
        try await test.hub.repositories.delete(mirror.repository.id, by: ada)
        #expect(try await test.hub.mirrors.list().isEmpty)
        var others = plainWish()
        others.user = "root"
        _ = try await test.user("bob", admin: true)
        _ = try await test.hub.mirrors.add(others, to: .init(.model, parsing: "ada/n"))
        #expect(try await test.hub.accounts.removeUser("root"))
        #expect(try await test.hub.mirrors.list().isEmpty)
    }

    @Test func `of a push to a mirror only the refs of the upstream are refused`() async throws {
        let test = try await TestHub()
        let ada = try await test.user("ada")
        let record = try await test.repository("ada/m", by: ada)
        let commit = try await test.push(["a": "1"], to: record, by: ada)
        var wish = plainWish()
        wish.replaces = true
        _ = try await test.hub.mirrors.add(wish, to: record.id)
        _ = try await test.hub.pullRequests.open(
            .init(title: "A change", description: "x", isDraft: true), in: record.id, by: ada)
        let next = try await test.commit(["a": "2"], in: record, onto: commit)
        let (topic, ref) = (try RefName(branch: "topic"), RefName(pullRequest: 1))

        let outcome = try await test.hub.pushes.publishEach(
            Push(
                to: record, by: ada,
                updates: [.init(topic, from: nil, to: commit), .init(ref, from: commit, to: next)],
                via: "api"))

        let reason = HubError.forbidden(
            "ada/m is a mirror of \(Self.url), whose branches and tags it follows; push there, or to a fork")
        #expect(outcome.refused == [topic: reason])
        #expect(try await test.hub.revisions.resolve("refs/pr/1", in: record) == next)
    }
}
