import Crypto
import HubChunks
import HubCore
import HubServices
import HubServicesTestSupport
import Testing

/// What may happen while somebody holds a link, and the sentence they are then told.
enum Happening: String, CaseIterable, Sendable {
    case revoked, putOut, deleted, removed

    var error: HubError {
        switch self {
        case .revoked:
            .forbidden("the access token that this link or token was asked for with has been revoked; log in again")
        case .putOut, .deleted:
            .notFound("the repository that this link or token was made for is not there")
        case .removed: .forbidden("the person that this link or token was made for is not on the hub any more")
        }
    }
}

/// A private repository of an organisation with a large file, and a member who may read it.
private struct Scene {
    let test: TestHub
    let alice: Caller
    let bob: Caller
    let record: RepositoryRecord
    let pointer: LFSPointer

    init(visibility: RepositoryRecord.Visibility = .private) async throws {
        test = try await TestHub()
        alice = try await test.user("alice")
        bob = try await test.user("bob")
        _ = try await test.hub.accounts.createOrganization("acme", administrator: "alice")
        try await test.hub.accounts.setMember("bob", of: "acme", role: .read)
        record = try await test.repository("acme/model", visibility: visibility, by: alice)
        pointer = try await test.upload([UInt8](repeating: 7, count: 5000), to: record, by: alice)
        try await test.push(["big.dat": pointer.text], to: record, by: alice)
    }

    func happen(_ happening: Happening) async throws {
        switch happening {
        case .revoked: try await test.hub.accounts.revokeToken(try #require(bob.tokenID), of: "bob")
        case .putOut: try await test.hub.accounts.setMember("bob", of: "acme", role: nil)
        case .deleted: try await test.hub.repositories.delete(record.id, by: alice)
        case .removed: #expect(try await test.hub.accounts.removeUser("bob"))
        }
    }

    func download(for caller: Caller) async throws -> String {
        let plan = try await test.hub.lfs.plan(.download, [pointer], by: [], in: record, for: caller)
        guard case .download(let link)? = plan.instructions.first else { return "" }
        return link
    }

    func upload(_ bytes: [UInt8], for caller: Caller) async throws -> String {
        let digest = try #require(ContentDigest(bytes: SHA256.hash(data: bytes).map { $0 }))
        let plan = try await test.hub.lfs.plan(
            .upload, [LFSPointer(digest: digest, size: bytes.count)], by: [], in: record, for: caller)
        guard case .upload(let link, _)? = plan.instructions.first else { return "" }
        return link
    }
}

@Suite struct BearerTests {
    @Test(arguments: Happening.allCases)
    func `a download link is worth what its holder is`(_ happening: Happening) async throws {
        let scene = try await Scene()
        let link = try await scene.download(for: scene.bob)
        #expect(try await scene.test.hub.lfs.open(signature: link).reader.count == 5000)
        try await scene.happen(happening)
        await #expect(throws: happening.error) { try await scene.test.hub.lfs.open(signature: link) }
    }

    @Test(arguments: Happening.allCases)
    func `an upload link is worth what its holder is`(_ happening: Happening) async throws {
        let scene = try await Scene()
        let bytes = [UInt8](repeating: 9, count: 100)
        let link = try await scene.upload(bytes, for: scene.bob)
        try await scene.test.hub.lfs.receive(signature: link, length: nil, body: OnePiece(bytes))
        try await scene.happen(happening)
        await #expect(throws: happening.error) {
            try await scene.test.hub.lfs.receive(signature: link, length: nil, body: OnePiece(bytes))
        }
    }

    @Test(arguments: Happening.allCases)
    func `a Xet token and the links it was used for are worth what their holder is`(
        _ happening: Happening
    ) async throws {
        let scene = try await Scene()
        let xet = scene.test.hub.xet
        let token = try await xet.token(for: scene.record, caller: scene.bob, mayWrite: false)
        let grant = try await xet.grant(token.text, writing: false)
        let file = try #require(try await scene.test.content.content(scene.pointer.digest)).fileHash
        let plan = try await xet.reconstruction(of: file, range: 0..<5000, grant: grant)
        let fetch = try #require(plan.fetches.first)
        let bytes = try #require(fetch.ranges.first).bytes
        _ = try await xet.openXorb(fetch.xorb, signature: fetch.signature) { _ in [bytes] }
        try await scene.happen(happening)
        await #expect(throws: happening.error) { try await xet.grant(token.text, writing: false) }
        await #expect(throws: happening.error) {
            try await xet.openXorb(fetch.xorb, signature: fetch.signature) { _ in [bytes] }
        }
    }

    @Test func `a link for everyone ends when the repository is hidden or gated`() async throws {
        let scene = try await Scene(visibility: .public)
        let link = try await scene.download(for: .anonymous)
        let theirs = try await scene.download(for: scene.test.user("eve"))
        _ = try await scene.test.hub.lfs.open(signature: link)
        try await scene.test.hub.repositories.setGate(.manual, of: scene.record.id, by: scene.alice)
        for link in [link, theirs] {
            await #expect(throws: HubError.self) { try await scene.test.hub.lfs.open(signature: link) }
        }
        _ = try await scene.test.hub.accessRequests.grant("eve", accessTo: scene.record.id, by: scene.alice)
        _ = try await scene.test.hub.lfs.open(signature: theirs)
        try await scene.test.hub.repositories.setVisibility(.private, of: scene.record.id, by: scene.alice)
        for link in [link, theirs] {
            await #expect(throws: Happening.deleted.error) { try await scene.test.hub.lfs.open(signature: link) }
        }
    }

    @Test func `a link to what was deleted for good leads nowhere`() async throws {
        let scene = try await Scene()
        let link = try await scene.download(for: scene.bob)
        try await scene.test.hub.largeFiles.delete(
            [scene.pointer.digest], from: scene.record.id, rewritingHistory: true, by: scene.alice)
        await #expect(
            throws: HubError.notFound("the content \(scene.pointer.digest.hex) is not the repository's any more")
        ) { try await scene.test.hub.lfs.open(signature: link) }
    }

    @Test func `a link outlives the mere expiry of the token it was asked for with`() async throws {
        let scene = try await Scene()
        let token = try await scene.test.hub.accounts.createToken(
            for: "bob", name: "short", scope: .read, lifetime: 60)
        let link = try await scene.download(for: try await scene.test.hub.accounts.authenticate(token.text))
        scene.test.clock.advance(by: 120)
        _ = try await scene.test.hub.lfs.open(signature: link)
    }
}
