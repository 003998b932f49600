import HubChunks
import HubCore
import HubServices
import HubServicesTestSupport
import Testing

/// Chunks are shared in storage, and seen by those alone who may read where they are used.
@Suite struct XetServiceTests {
    /// A private repository of alice's with one large file, and bob beside it.
    private struct Scene {
        let test: TestHub
        let alice: Caller
        let bob: Caller
        let secret: RepositoryRecord
        let mine: RepositoryRecord
        let file: StoredContent
        let bytes: [UInt8]

        init(visibility: RepositoryRecord.Visibility = .private) async throws {
            test = try await TestHub()
            alice = try await test.user("alice")
            bob = try await test.user("bob")
            secret = try await test.repository("alice/secret", visibility: visibility, by: alice)
            mine = try await test.repository("bob/mine", by: bob)
            var state: UInt64 = 7
            bytes = (0..<300_000).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            let pointer = try await test.upload(bytes, to: secret, by: alice)
            try await test.push(["big.dat": pointer.text], to: secret, by: alice)
            file = try #require(try await test.content.content(pointer.digest))
        }

        func grant(_ record: RepositoryRecord, _ caller: Caller, writing: Bool = false) async throws -> XetGrant {
            let token = try await test.hub.xet.token(for: record, caller: caller, mayWrite: writing)
            return try await test.hub.xet.grant(token.text, writing: writing)
        }

        /// The first chunks of the file.
        var chunks: [XetHash] {
            get async throws {
                let plan = try await test.hub.xet.reconstruction(
                    of: file.fileHash, range: 0..<bytes.count, grant: try await grant(secret, alice))
                let xorb = try await test.content.openXorb(try #require(plan.terms.first).xorb)
                return try #require(xorb).layout.entries.map(\.chunk.hash)
            }
        }
    }

    @Test func `a file is planned for its readers and unknown to others`() async throws {
        let scene = try await Scene()
        let plan = try await scene.test.hub.xet.reconstruction(
            of: scene.file.fileHash, range: 0..<scene.bytes.count,
            grant: try await scene.grant(scene.secret, scene.alice))
        #expect(plan.terms.reduce(0) { $0 + $1.length } == scene.bytes.count)
        let sentence = HubError.notFound("the file \(scene.file.fileHash) is not known here")
        await #expect(throws: sentence) {
            try await scene.test.hub.xet.size(
                of: scene.file.fileHash, grant: try await scene.grant(scene.mine, scene.bob, writing: true))
        }
        // Not even its owner reads it through another repository.
        let other = try await scene.test.repository("alice/other", by: scene.alice)
        await #expect(throws: sentence) {
            try await scene.test.hub.xet.size(
                of: scene.file.fileHash, grant: try await scene.grant(other, scene.alice))
        }
    }

    @Test func `a range is planned with the chunks it needs and no others`() async throws {
        let scene = try await Scene()
        let grant = try await scene.grant(scene.secret, scene.alice)
        let plan = try await scene.test.hub.xet.reconstruction(
            of: scene.file.fileHash, range: 1000..<1001, grant: grant)
        #expect(plan.terms.count == 1 && plan.terms[0].chunks == 0..<1)
        #expect(plan.offsetIntoFirstTerm == 1000)
    }

    @Test func `a link to a xorb covers its bytes and no others`() async throws {
        let scene = try await Scene()
        let grant = try await scene.grant(scene.secret, scene.alice)
        let plan = try await scene.test.hub.xet.reconstruction(
            of: scene.file.fileHash, range: 0..<1000, grant: grant)
        let fetch = try #require(plan.fetches.first)
        let bytes = try #require(fetch.ranges.first).bytes
        let reader = try await scene.test.hub.xet.openXorb(fetch.xorb, signature: fetch.signature) { _ in [bytes] }
        #expect(reader.count > bytes.count)
        await #expect(throws: HubError.forbidden("this link does not cover the bytes asked for")) {
            try await scene.test.hub.xet.openXorb(fetch.xorb, signature: fetch.signature) { _ in
                [bytes.lowerBound..<bytes.upperBound + 1]
            }
        }
        scene.test.clock.advance(by: 16 * 60)
        await #expect(throws: HubError.self) {
            try await scene.test.hub.xet.openXorb(fetch.xorb, signature: fetch.signature) { _ in [bytes] }
        }
    }

    @Test func `chunks of a private repository are no answer to who may not read it`() async throws {
        let scene = try await Scene()
        let chunks = try await scene.chunks
        let own = try await scene.test.hub.xet.lookup(chunks, grant: try await scene.grant(scene.secret, scene.alice))
        #expect(!own.isEmpty && own.allSatisfy { $0 != nil })
        let theirs = try await scene.grant(scene.mine, scene.bob, writing: true)
        let foreign = try await scene.test.hub.xet.lookup(chunks, grant: theirs)
        #expect(foreign.allSatisfy { $0 == nil })
        for chunk in chunks {
            #expect(try await scene.test.hub.xet.dedupShard(for: chunk, grant: theirs) == nil)
        }
    }

    @Test func `chunks of a public repository spare others the upload`() async throws {
        let scene = try await Scene(visibility: .public)
        let theirs = try await scene.grant(scene.mine, scene.bob, writing: true)
        let places = try await scene.test.hub.xet.lookup(try await scene.chunks, grant: theirs)
        #expect(places.allSatisfy { $0 != nil })
    }

    @Test func `a grant to read does not write, and none outlives its time`() async throws {
        let scene = try await Scene()
        let token = try await scene.test.hub.xet.token(for: scene.secret, caller: scene.alice, mayWrite: false)
        await #expect(throws: HubError.forbidden("this Xet token may only read")) {
            try await scene.test.hub.xet.grant(token.text, writing: true)
        }
        scene.test.clock.advance(by: 16 * 60)
        await #expect(throws: HubError.self) { try await scene.test.hub.xet.grant(token.text, writing: false) }
        await #expect(throws: HubError.self) { try await scene.test.hub.xet.grant(token.text + "x", writing: false) }
    }
}
