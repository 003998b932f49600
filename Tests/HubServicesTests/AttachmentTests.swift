import HubChunks
import HubCore
import HubDatabase
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct AttachmentTests {
    private func upload(
        _ text: String, type: String? = "image/png", size: Int? = nil, _ test: TestHub, by caller: Caller
    ) async throws -> String {
        try await test.hub.attachments.upload(OnePiece(Array(text.utf8)), type: type, size: size, by: caller).name
    }

    private func read(_ name: String, _ test: TestHub, for caller: Caller) async throws -> String {
        let bytes = try await test.hub.attachments.open(name, for: caller).bytes
        return String(decoding: try await bytes.read(0..<bytes.count), as: UTF8.self)
    }

    /// Whether the caller is told what they would be told of a file that never was.
    private func isAbsent(_ name: String, _ test: TestHub, for caller: Caller) async throws -> Bool {
        do {
            _ = try await test.hub.attachments.open(name, for: caller)
            return false
        } catch HubError.notFound(let sentence) {
            return sentence == "there is no attached file '\(name)'"
        }
    }

    @Test func `a file is its uploader's alone until a comment shows it`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let record = try await test.repository("alice/model", by: alice)
        let name = try await upload("pixels", test, by: bob)
        #expect(try await read(name, test, for: bob) == "pixels")
        for other in [alice, .anonymous] { #expect(try await isAbsent(name, test, for: other)) }
        _ = try await test.hub.discussions.create(
            "Look", description: "![x](http://hub/uploads/\(name))", in: record.id, by: bob)
        for caller in [alice, bob, .anonymous] { #expect(try await read(name, test, for: caller) == "pixels") }
    }

    @Test func `only who may see the discussion is given its files`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let record = try await test.repository("alice/model", visibility: .private, by: alice)
        let name = try await upload("pixels", test, by: alice)
        _ = try await test.hub.discussions.create("Look", description: "/uploads/\(name)", in: record.id, by: alice)
        #expect(try await read(name, test, for: alice) == "pixels")
        for caller in [bob, .anonymous] { #expect(try await isAbsent(name, test, for: caller)) }
    }

    @Test func `naming somebody else's file does not make it one's own`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let record = try await test.repository("alice/model", by: alice)
        let name = try await upload("pixels", test, by: alice)
        _ = try await test.hub.discussions.create("Look", description: "/uploads/\(name)", in: record.id, by: bob)
        #expect(try await isAbsent(name, test, for: bob))
        #expect(try await read(name, test, for: alice) == "pixels")
    }

    @Test func `a file goes with its comment, with its repository, or with the day that nobody named it`() async throws
    {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let (hidden, said, edited, waiting) = (
            try await upload("1", test, by: alice), try await upload("2", test, by: alice),
            try await upload("3", test, by: alice), try await upload("4", test, by: alice)
        )
        _ = try await test.hub.discussions.create("Look", description: "/uploads/\(said)", in: record.id, by: alice)
        let event = try await test.hub.discussions.comment("/uploads/\(hidden)", on: 1, of: record.id, by: alice)
        let other = try await test.hub.discussions.comment("nothing yet", on: 1, of: record.id, by: alice)
        _ = try await test.hub.discussions.edit(
            other.id, to: "now /uploads/\(edited)", on: 1, of: record.id, by: alice)
        _ = try await test.hub.discussions.hide(event.id, on: 1, of: record.id, by: alice)
        #expect(try await isAbsent(hidden, test, for: alice))
        test.clock.advance(by: 2 * 86_400)
        #expect(try await test.hub.attachments.sweep() == 1)
        #expect(try await isAbsent(waiting, test, for: alice))
        #expect(try await read(said, test, for: alice) == "2")
        #expect(try await read(edited, test, for: alice) == "3")
        try await test.hub.repositories.delete(record.id, by: alice)
        for name in [said, edited] { #expect(try await isAbsent(name, test, for: alice)) }
        let links = try await test.database.read { connection in
            try connection.queryOne("SELECT (SELECT COUNT(*) FROM chunk_link) + (SELECT COUNT(*) FROM attachment)")?
                .int(0)
        }
        #expect(links == 0)
    }

    @Test func `knowing the digest of an attached file does not give it`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let file = try await test.hub.attachments.upload(
            OnePiece(Array("pixels".utf8)), type: "image/png", size: nil, by: alice)
        _ = try await test.hub.discussions.create(
            "Look", description: "/uploads/\(file.name)", in: record.id, by: alice)
        let bob = try await test.user("bob")
        let mine = try await test.repository("bob/mine", by: bob)
        let pointer = LFSPointer(digest: file.digest, size: 6)
        await #expect(throws: HubError.missingContent([file.digest])) {
            try await test.push(["x.bin": pointer.text], to: mine, by: bob)
        }
    }

    @Test(arguments: [nil, "", "image/svg+xml", "text/html", "application/octet-stream", "image/png, text/html"])
    func `only what browsers show without running it is taken`(_ type: String?) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        await #expect(throws: HubError.self) { try await upload("x", type: type, test, by: alice) }
    }

    @Test func `what is too long, empty or nobody's is refused`() async throws {
        var limits = HubLimits()
        limits.attachmentBytes = 10
        limits.attachedVideoBytes = 20
        let test = try await TestHub(limits: limits)
        let alice = try await test.user("alice")
        let tooLarge = HubError.tooLarge("an attached image/png file may have at most 10 bytes")
        await #expect(throws: tooLarge) { try await upload("eleven byte", test, by: alice) }
        await #expect(throws: tooLarge) { try await upload("x", size: 11, test, by: alice) }
        await #expect(throws: HubError.invalid("the attached file is empty")) { try await upload("", test, by: alice) }
        await #expect(throws: HubError.unauthorized("log in to attach a file")) {
            try await upload("x", test, by: .anonymous)
        }
        let reader = try await test.user("bob", scope: .read)
        await #expect(throws: HubError.self) { try await upload("x", test, by: reader) }
        _ = try await upload("eleven byte", type: "video/mp4; codecs=x", test, by: alice)
    }

    @Test func `only so many files wait for a comment`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        for place in 0..<50 { _ = try await upload("\(place)", test, by: alice) }
        await #expect(throws: HubError.self) { try await upload("one more", test, by: alice) }
        test.clock.advance(by: 86_400)
        #expect(try await test.hub.attachments.sweep() == 50)
        _ = try await upload("one more", test, by: alice)
    }

    @Test func `who leaves the hub takes along what they never showed`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let record = try await test.repository("alice/model", by: alice)
        let (shown, waiting) = (try await upload("1", test, by: bob), try await upload("2", test, by: bob))
        _ = try await test.hub.discussions.create("Look", description: "/uploads/\(shown)", in: record.id, by: bob)
        _ = try await test.hub.accounts.removeUser("bob")
        #expect(try await read(shown, test, for: alice) == "1")
        let left = try await test.database.read { connection in
            try connection.queryOne("SELECT COUNT(*) FROM attachment")?.int(0)
        }
        #expect(left == 1)
        #expect(try await isAbsent(waiting, test, for: alice))
    }
}
