import Foundation
import HubChunks
import HubCore
import HubDatabase
import Testing

@Suite struct XorbUploadTests {
    @Test func `a xorb is new once for each who sends it, and stored once`() async throws {
        try await TestStore.with { hub async throws in
            let upload = PreparedUpload(VectorInput.gaussFloats(100_000))
            #expect(try await hub.send(upload.xorb))
            #expect(try await hub.send(upload.xorb) == false)
            #expect(try await hub.send(upload.xorb, TestStore.bob))
            #expect(try await hub.backend.all().count == 1)
            #expect(try await hub.store.isLeased(xorb: upload.xorb.hash, by: TestStore.alice))
            #expect(try await hub.store.isLeased(xorb: upload.xorb.hash, by: TestStore.bob))
        }
    }

    @Test func `a xorb under a false name is refused and leaves nothing`() async throws {
        try await TestStore.with { hub async throws in
            let upload = PreparedUpload(VectorInput.splitmix(100_000, seed: 1))
            await #expect(throws: HubError.self) {
                try await hub.store.receiveXorb(
                    XetHasher.chunk([1]), body: pieces(upload.xorb.body), lease: TestStore.alice)
            }
            await #expect(throws: HubError.invalid("the xorb is cut short within a chunk")) {
                try await hub.store.receiveXorb(
                    upload.xorb.hash, body: pieces(Array(upload.xorb.body.dropLast())), lease: TestStore.alice)
            }
            #expect(try await hub.backend.all().isEmpty)
            #expect(try await hub.rows("chunk_xorb") == 0)
            #expect(try await hub.leftovers().isEmpty)
        }
    }

    @Test func `a xorb cut short anywhere is refused and leaves nothing`() async throws {
        try await TestStore.with { hub async throws in
            let upload = PreparedUpload(VectorInput.text(400_000))
            for length in stride(from: 0, to: upload.xorb.body.count, by: 997) {
                await #expect(throws: HubError.self) {
                    try await hub.store.receiveXorb(
                        upload.xorb.hash, body: pieces(Array(upload.xorb.body.prefix(length))), lease: TestStore.alice)
                }
            }
            #expect(try await hub.rows("chunk_xorb") == 0)
            #expect(try await hub.leftovers().isEmpty)
        }
    }

    @Test func `a footer that lies is not believed`() async throws {
        try await TestStore.with { hub async throws in
            let upload = PreparedUpload(VectorInput.splitmix(300_000, seed: 1))
            var footer = Array("XETBLOB".utf8) + [1] + [UInt8](repeating: 0xAB, count: 32)
            footer += Array("XBLBHSH".utf8) + [0, 0xFF, 0xFF, 0xFF, 0xFF] + [UInt8](repeating: 0xFF, count: 200)
            let isNew = try await hub.store.receiveXorb(
                upload.xorb.hash, body: pieces(upload.xorb.body + footer), lease: TestStore.alice)
            #expect(isNew)
            let stored = try #require(try await hub.store.openXorb(upload.xorb.hash))
            #expect(stored.count == upload.xorb.body.count)
            #expect(try await stored.read(0..<stored.count) == upload.xorb.body)
        }
    }

    @Test func `a client that breaks off leaves nothing`() async throws {
        struct Cut: Error {}
        try await TestStore.with { hub async throws in
            let upload = PreparedUpload(VectorInput.splitmix(300_000, seed: 1))
            let body = AsyncThrowingStream<[UInt8], any Error> { continuation in
                continuation.yield(Array(upload.xorb.body.prefix(150_000)))
                continuation.finish(throwing: Cut())
            }
            await #expect(throws: Cut.self) {
                try await hub.store.receiveXorb(upload.xorb.hash, body: body, lease: TestStore.alice)
            }
            #expect(try await hub.backend.all().isEmpty)
            #expect(try await hub.leftovers().isEmpty)
        }
    }

    @Test func `files of a killed process are removed at start`() async throws {
        try await TestStore.with { hub async throws in
            try Data([1]).write(to: URL(filePath: "\(hub.folder)/dead.part"))
            try await hub.store.removeLeftovers()
            #expect(try await hub.leftovers().isEmpty)
        }
    }

    @Test func `a body longer than any xorb is refused while it arrives`() async throws {
        try await TestStore.with { hub async throws in
            let endless = AsyncStream<[UInt8]> { Array("XETBLOB".utf8) + Array(repeating: 0, count: 1 << 20) }
            await #expect(throws: HubError.tooLarge("the xorb exceeds 67174400 bytes")) {
                try await hub.store.receiveXorb(.zero, body: endless, lease: TestStore.alice)
            }
        }
    }

    @Test func `the same xorb sent twice at once is stored once`() async throws {
        try await TestStore.with { hub async throws in
            let upload = PreparedUpload(VectorInput.splitmix(2_000_000, seed: 1))
            async let one = hub.send(upload.xorb)
            async let other = hub.send(upload.xorb, TestStore.bob)
            #expect(try await [one, other] == [true, true])
            #expect(try await hub.backend.all().count == 1)
        }
    }
}

@Suite struct ShardTests {
    @Test func `a client's upload becomes a file that reads back the same`() async throws {
        try await TestStore.with { hub async throws in
            let upload = PreparedUpload(VectorInput.splitmix(2_000_000, seed: 2))
            _ = try await hub.send(upload.xorb)
            let files = try await hub.store.registerShard(
                upload.shard.serialized, lease: TestStore.alice, mayRead: nobody)
            #expect(
                files == [
                    RegisteredFile(
                        fileHash: upload.file.fileHash, digest: digest(upload.bytes), size: upload.bytes.count)
                ])
            #expect(try await hub.read(digest(upload.bytes)) == upload.bytes)
            #expect(try await hub.missing(digest(upload.bytes), scope: 10, uploader: 1) == false)
        }
    }

    @Test func `registering twice is fine`() async throws {
        try await TestStore.with { hub async throws in
            let upload = PreparedUpload(VectorInput.splitmix(200_000, seed: 2))
            _ = try await hub.send(upload.xorb)
            let first = try await hub.store.registerShard(
                upload.shard.serialized, lease: TestStore.alice, mayRead: nobody)
            #expect(
                try await hub.store.registerShard(upload.shard.serialized, lease: TestStore.alice, mayRead: nobody)
                    == first)
        }
    }

    @Test func `the official client's captured upload is accepted`() async throws {
        try await TestStore.with { hub async throws in
            for name in XetFixtures.manifest.xorbs.keys {
                let hash = try XetHash(parsing: name.prefix(64))
                #expect(
                    try await hub.store.receiveXorb(
                        hash, body: pieces(XetFixtures.golden(name)), lease: TestStore.alice))
            }
            for (name, expected) in XetFixtures.manifest.shards {
                let files = try await hub.store.registerShard(
                    XetFixtures.golden(name), lease: TestStore.alice, mayRead: nobody)
                #expect(files.map(\.digest) == expected.files.map(\.sha256))
            }
            let floats = try #require(XetFixtures.manifest.inputs["f32_256k"])
            #expect(try await hub.read(floats.sha256) == VectorInput.gaussFloats(65_536))
        }
    }

    @Test func `an empty file is a file`() async throws {
        try await TestStore.with { hub async throws in
            var shard = UploadShard()
            shard.add(ChunkedFile(chunks: [], digest: digest([])), places: [])
            let files = try await hub.store.registerShard(shard.serialized, lease: TestStore.alice, mayRead: nobody)
            #expect(files.map(\.size) == [0])
            #expect(try await hub.read(digest([])).isEmpty)
        }
    }

    @Test(arguments: Lie.allCases)
    func `a shard that lies is refused and registers nothing`(lie: Lie) async throws {
        try await TestStore.with { hub async throws in
            let upload = PreparedUpload(VectorInput.splitmix(500_000, seed: 3))
            _ = try await hub.send(upload.xorb)
            var shard = try Shard(parsing: upload.shard.serialized)
            lie.apply(to: &shard)
            await #expect {
                try await hub.store.registerShard(
                    shard.serializedForUpload(), lease: TestStore.alice, mayRead: everybody)
            } throws: { error in
                "\(error)".contains(lie.sentence)
            }
            #expect(try await hub.rows("chunk_content") == 0)
        }
    }

    enum Lie: CaseIterable {
        case fileHash, digest, verification, noVerification, length, rangePastEnd, unknownXorb, listedChunk, order

        var sentence: String {
            switch self {
            case .fileHash, .order: "make another file"
            case .digest: "does not have the SHA-256 it claims"
            case .verification: "wrong verification hash"
            case .noVerification: "has no verification hashes"
            case .length: "which is not its length"
            case .rangePastEnd, .unknownXorb: "has not been uploaded here"
            case .listedChunk: "lists other chunks"
            }
        }

        func apply(to shard: inout Shard) {
            let file = shard.files[0]
            var terms = file.terms
            var verification = file.verification
            var hash = file.hash
            var digest = file.digest
            let term = terms[0]
            switch self {
            case .fileHash: hash = XetHasher.chunk([1])
            case .digest: digest = HubChunksTests.digest([1])
            case .verification: verification[0] = XetHasher.chunk([1])
            case .noVerification: verification = []
            case .length: terms[0] = Shard.Term(span: term.span, length: term.length + 1)
            case .rangePastEnd:
                let span = ChunkSpan(xorb: term.span.xorb, chunks: 0..<term.span.chunks.upperBound + 1)
                terms[0] = Shard.Term(span: span, length: term.length)
            case .unknownXorb:
                terms[0] = Shard.Term(
                    span: ChunkSpan(xorb: XetHasher.chunk([9]), chunks: term.span.chunks), length: term.length)
            case .listedChunk:
                let xorb = shard.xorbs[0]
                let other = Chunk(hash: XetHasher.chunk([1]), length: xorb.chunks[0].chunk.length)
                shard.xorbs[0] = Shard.Xorb(
                    hash: xorb.hash, chunks: [Shard.ChunkRecord(chunk: other)] + xorb.chunks.dropFirst())
            case .order:
                terms += terms
                verification += verification
            }
            shard.files[0] = Shard.File(hash: hash, terms: terms, verification: verification, digest: digest)
        }
    }
}

@Suite struct PermissionTests {
    @Test func `a claim on another's chunks is refused in the words for chunks that do not exist`() async throws {
        try await TestStore.with { hub async throws in
            let secret = PreparedUpload(VectorInput.splitmix(500_000, seed: 4))
            _ = try await hub.send(secret.xorb)
            _ = try await hub.store.registerShard(secret.shard.serialized, lease: TestStore.alice, mayRead: nobody)
            try await hub.link(digest(secret.bytes), to: 10)

            var claim = try Shard(parsing: secret.shard.serialized)
            claim.xorbs = []
            await #expect {
                try await hub.store.registerShard(claim.serializedForUpload(), lease: TestStore.bob, mayRead: nobody)
            } throws: { "\($0)".contains("has not been uploaded here") }
            #expect(try await hub.missing(digest(secret.bytes), scope: 20, uploader: 2))
        }
    }

    @Test func `chunks of a repository one may read may be used`() async throws {
        try await TestStore.with { hub async throws in
            let shared = PreparedUpload(VectorInput.splitmix(500_000, seed: 4))
            _ = try await hub.send(shared.xorb)
            _ = try await hub.store.registerShard(shared.shard.serialized, lease: TestStore.alice, mayRead: nobody)
            try await hub.link(digest(shared.bytes), to: 10)

            var claim = try Shard(parsing: shared.shard.serialized)
            claim.xorbs = []
            let files = try await hub.store.registerShard(claim.serializedForUpload(), lease: TestStore.bob) {
                $0 == 10
            }
            #expect(files.map(\.digest) == [digest(shared.bytes)])
        }
    }

    @Test func `a xorb need not be sent by who may use all of it`() async throws {
        try await TestStore.with { hub async throws in
            let upload = PreparedUpload(VectorInput.splitmix(300_000, seed: 4))
            let hash = upload.xorb.hash
            #expect(try await hub.store.mayUse(xorb: hash, lease: TestStore.alice, mayRead: everybody) == false)
            _ = try await hub.send(upload.xorb)
            #expect(try await hub.store.mayUse(xorb: hash, lease: TestStore.alice, mayRead: nobody))
            #expect(try await hub.store.mayUse(xorb: hash, lease: TestStore.bob, mayRead: everybody) == false)
            _ = try await hub.store.registerShard(upload.shard.serialized, lease: TestStore.alice, mayRead: nobody)
            try await hub.link(digest(upload.bytes), to: 10)
            #expect(try await hub.store.mayUse(xorb: hash, lease: TestStore.bob) { $0 == 10 })
        }
    }

    @Test func `seeing one file of a xorb does not show the other`() async throws {
        try await TestStore.with { hub async throws in
            let open = VectorInput.splitmix(300_000, seed: 5)
            let hidden = VectorInput.splitmix(300_000, seed: 6)
            let both = PreparedUpload(open + hidden)
            _ = try await hub.send(both.xorb)
            let cut = chunks(of: open).count - 1
            let visible = ChunkedFile(chunks: Array(both.file.chunks.prefix(cut)), digest: nil)
            var shard = UploadShard()
            shard.add(visible, places: (0..<cut).map { ChunkPlace(xorb: both.xorb.hash, position: $0) })
            let file = try await hub.store.registerShard(shard.serialized, lease: TestStore.alice, mayRead: nobody)[0]
            try await hub.link(file.digest, to: 10)

            let hashes = both.file.chunks.map(\.hash)
            let found = try await hub.store.lookupChunks(hashes, lease: TestStore.bob) { $0 == 10 }
            #expect(found.prefix(cut).allSatisfy { $0 != nil })
            #expect(found.dropFirst(cut).allSatisfy { $0 == nil })

            let answer = try await hub.store.dedupShard(for: hashes[0], lease: TestStore.bob) { $0 == 10 }
            let bytes = try #require(answer)
            let key = try ShardFooter(parsing: bytes).key
            let told = try Shard(parsing: bytes).xorbs[0].chunks.map(\.chunk.hash)
            let keyed = hashes.map { XetHasher.dedup($0, key: key) }
            #expect(told.prefix(cut) == keyed.prefix(cut))
            #expect(Set(told.dropFirst(cut)).isDisjoint(with: keyed))
            #expect(try await hub.store.dedupShard(for: hashes[cut], lease: TestStore.bob) { $0 == 10 } == nil)
        }
    }

    @Test func `a lookup shows what one sent oneself, until the lease ends`() async throws {
        try await TestStore.with { hub async throws in
            let upload = PreparedUpload(VectorInput.splitmix(300_000, seed: 7))
            _ = try await hub.send(upload.xorb)
            let hashes = upload.file.chunks.map(\.hash) + [XetHasher.chunk([1])]
            let own = try await hub.store.lookupChunks(hashes, lease: TestStore.alice, mayRead: nobody)
            let expected: [ChunkPlace?] = upload.file.chunks.indices.map {
                ChunkPlace(xorb: upload.xorb.hash, position: $0)
            }
            #expect(own == expected + [nil])
            let foreign = try await hub.store.lookupChunks(hashes, lease: TestStore.bob, mayRead: nobody)
            #expect(foreign.allSatisfy { $0 == nil })
            hub.clock.advance(by: 22 * 86_400)
            let late = try await hub.store.lookupChunks(hashes, lease: TestStore.alice, mayRead: nobody)
            #expect(late.allSatisfy { $0 == nil })
        }
    }

    @Test func `ingesting a file with a chunk of another's does not show the rest of it`() async throws {
        try await TestStore.with { hub async throws in
            let secret = VectorInput.splitmix(900_000, seed: 8)
            _ = try await hub.ingest(secret)
            let known = chunks(of: secret)
            _ = try await hub.ingest(Array(secret.prefix(known[0].length)), TestStore.bob)
            let found = try await hub.store.lookupChunks(known.map(\.hash), lease: TestStore.bob, mayRead: nobody)
            #expect(found[0] != nil)
            #expect(found.dropFirst().allSatisfy { $0 == nil })
        }
    }
}

@Suite struct ReconstructionTests {
    @Test(arguments: [0..<2_000_000, 0..<1, 1_999_999..<2_000_000, 700_000..<1_300_000, 5..<9_000_000])
    func `terms and fetches put the range together`(range: Range<Int>) async throws {
        try await TestStore.with { hub async throws in
            let bytes = VectorInput.splitmix(1_000_000, seed: 1) + VectorInput.splitmix(1_000_000, seed: 2)
            _ = try await hub.ingest(VectorInput.splitmix(1_000_000, seed: 2))
            let content = try await hub.ingest(bytes)

            let plan = try await hub.store.reconstruction(of: content.digest, range: range)

            var found: [UInt8] = []
            for term in plan.terms {
                let xorb = try #require(try await hub.store.openXorb(term.span.xorb))
                let fetch = try #require(
                    plan.fetches[term.span.xorb]?.first {
                        $0.chunks.lowerBound <= term.span.chunks.lowerBound
                            && term.span.chunks.upperBound <= $0.chunks.upperBound
                    })
                #expect(fetch.bytes == xorb.layout.byteRange(of: fetch.chunks))
                let body = try await xorb.read(xorb.layout.byteRange(of: term.span.chunks))
                let unpacked = try xorb.layout.unpack(term.span.chunks, from: body)
                #expect(unpacked.count == term.length)
                found += unpacked
            }
            let wanted = range.clamped(to: 0..<bytes.count)
            #expect(Array(found.dropFirst(plan.offsetIntoFirstRange).prefix(wanted.count)) == Array(bytes[wanted]))
        }
    }

    @Test func `a range that begins at the end is not satisfiable`() async throws {
        try await TestStore.with { hub async throws in
            let content = try await hub.ingest([1, 2, 3])
            await #expect(throws: HubError.rangeNotSatisfiable(size: 3)) {
                try await hub.store.reconstruction(of: content.digest, range: 3..<10)
            }
        }
    }

    @Test func `content the hub lacks is not found`() async throws {
        try await TestStore.with { hub async throws in
            await #expect(throws: HubError.notFound("the hub has no content \(digest([7]))")) {
                try await hub.store.reconstruction(of: digest([7]))
            }
        }
    }
}
