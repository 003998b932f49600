import Foundation
import HubChunks
import HubCore
import HubDatabase
import Testing

@Suite struct IngestTests {
    @Test(arguments: [0, 1, 8191, 200_000, 3_000_000])
    func `a file that was ingested reads back the same`(size: Int) async throws {
        try await TestStore.with { hub in
            let bytes = VectorInput.splitmix(size, seed: 1)
            let content = try await hub.ingest(bytes)
            #expect(
                content
                    == StoredContent(
                        digest: digest(bytes), size: size, fileHash: MerkleTree.fileHash(chunks(of: bytes))))
            #expect(try await hub.read(content.digest) == bytes)
        }
    }

    @Test func `any range reads as the same bytes of the file`() async throws {
        try await TestStore.with { hub in
            let bytes = VectorInput.splitmix(2_500_000, seed: 2)
            let content = try await hub.ingest(bytes)
            for range in [0..<1, 0..<0, 100..<100_000, 131_071..<131_073, 2_499_999..<2_500_000, 5..<2_499_990] {
                #expect(try await hub.read(content.digest, range) == Array(bytes[range]))
            }
        }
    }

    @Test func `a range outside the file is refused`() async throws {
        try await TestStore.with { hub in
            let content = try await hub.ingest([1, 2, 3])
            await #expect(throws: HubError.rangeNotSatisfiable(size: 3)) { try await hub.read(content.digest, 1..<4) }
        }
    }

    @Test func `a small read fetches only the chunks it touches`() async throws {
        try await TestStore.with { hub in
            let content = try await hub.ingest(VectorInput.splitmix(3_000_000, seed: 3))
            let plan = try await hub.store.reconstruction(of: content.digest, range: 1_500_000..<1_500_010)
            #expect(plan.terms.count == 1)
            #expect(plan.terms[0].span.chunks.count == 1)
            #expect(plan.fetches.values.flatMap { $0 }.allSatisfy { $0.bytes.count <= 131_080 })
        }
    }

    @Test func `a changed file costs about what changed`() async throws {
        try await TestStore.with { hub in
            let bytes = VectorInput.splitmix(4_000_000, seed: 4)
            let changed = Array(bytes[..<2_000_000]) + [1, 2, 3] + Array(bytes[2_000_000...])
            _ = try await hub.ingest(bytes)
            let before = try await hub.storedBytes()
            let content = try await hub.ingest(changed, TestStore.bob)
            #expect(try await hub.storedBytes() - before < 300_000)
            #expect(try await hub.read(content.digest) == changed)
        }
    }

    @Test func `a file of equal chunks is stored as one`() async throws {
        try await TestStore.with { hub in
            let bytes = [UInt8](repeating: 0, count: 20_000_000)
            let content = try await hub.ingest(bytes)
            #expect(try await hub.storedBytes() < 10_000)
            #expect(try await hub.read(content.digest) == bytes)
        }
    }

    @Test func `ingesting twice stores once`() async throws {
        try await TestStore.with { hub in
            let bytes = VectorInput.splitmix(500_000, seed: 5)
            let first = try await hub.ingest(bytes)
            let before = try await hub.storedBytes()
            #expect(try await hub.ingest(bytes, TestStore.bob) == first)
            #expect(try await hub.storedBytes() == before)
        }
    }
}

@Suite struct DamageTests {
    @Test func `a flipped bit is an error and never other bytes`() async throws {
        try await TestStore.with { hub in
            let bytes = VectorInput.splitmix(600_000, seed: 6)
            let content = try await hub.ingest(bytes)
            for blob in try await hub.backend.all() {
                for offset in stride(from: 3, to: 600_000, by: 60_001) {
                    hub.backend.damage(blob.name) { $0[offset] ^= 16 }
                    await #expect(throws: DamagedContent.self) { try await hub.read(content.digest) }
                    hub.backend.damage(blob.name) { $0[offset] ^= 16 }
                }
            }
            #expect(try await hub.read(content.digest) == bytes)
        }
    }

    @Test func `damage in one chunk leaves the others readable`() async throws {
        try await TestStore.with { hub in
            let bytes = VectorInput.splitmix(600_000, seed: 6)
            let content = try await hub.ingest(bytes)
            for blob in try await hub.backend.all() { hub.backend.damage(blob.name) { $0[100] ^= 1 } }
            #expect(try await hub.read(content.digest, 400_000..<600_000) == Array(bytes[400_000...]))
        }
    }

    @Test(arguments: [0, 100, 599_999])
    func `a truncated blob is an error`(size: Int) async throws {
        try await TestStore.with { hub in
            let content = try await hub.ingest(VectorInput.splitmix(600_000, seed: 6))
            for blob in try await hub.backend.all() { hub.backend.damage(blob.name) { $0 = Array($0.prefix(size)) } }
            await #expect(throws: DamagedContent.self) { try await hub.read(content.digest) }
        }
    }

    @Test func `swapped blobs are an error`() async throws {
        try await TestStore.with { hub in
            let first = try await hub.ingest(VectorInput.splitmix(300_000, seed: 7))
            let second = try await hub.ingest(VectorInput.splitmix(300_000, seed: 8))
            let blobs = try await hub.backend.all()
            let bodies = [
                try await hub.backend.read(blobs[0].name, 0..<300_000),
                try await hub.backend.read(blobs[1].name, 0..<300_000),
            ]
            hub.backend.damage(blobs[0].name) { $0 = bodies[1] }
            hub.backend.damage(blobs[1].name) { $0 = bodies[0] }
            await #expect(throws: DamagedContent.self) { try await hub.read(first.digest) }
            await #expect(throws: DamagedContent.self) { try await hub.read(second.digest) }
        }
    }

    @Test func `a missing blob is an error`() async throws {
        try await TestStore.with { hub in
            let content = try await hub.ingest([1, 2, 3])
            for blob in try await hub.backend.all() { try await hub.backend.remove(blob.name) }
            await #expect(throws: DamagedContent.self) { try await hub.read(content.digest) }
        }
    }

    @Test func `a xorb's damaged bytes are not served to clients either`() async throws {
        try await TestStore.with { hub in
            let upload = PreparedUpload(VectorInput.splitmix(300_000, seed: 9))
            _ = try await hub.send(upload.xorb)
            let xorb = try #require(try await hub.store.openXorb(upload.xorb.hash))
            #expect(try await xorb.read(0..<xorb.count) == upload.xorb.body)
            #expect(try await xorb.read(70_000..<150_000) == Array(upload.xorb.body[70_000..<150_000]))
            for blob in try await hub.backend.all() { hub.backend.damage(blob.name) { $0[80_000] ^= 1 } }
            await #expect(throws: DamagedContent.self) { try await xorb.read(70_000..<150_000) }
        }
    }
}

@Suite struct LinkTests {
    @Test func `content is missing until it is leased or linked`() async throws {
        try await TestStore.with { hub in
            let bytes = VectorInput.splitmix(1000, seed: 1)
            #expect(try await hub.missing(digest(bytes), scope: 10, uploader: 1))
            let content = try await hub.ingest(bytes)
            #expect(try await hub.missing(content.digest, scope: 10, uploader: 1) == false)
            #expect(try await hub.missing(content.digest, scope: 10, uploader: 2))
            #expect(try await hub.missing(content.digest, scope: 10, uploader: nil))
            #expect(try await hub.missing(content.digest, scope: 11, uploader: 1))
            try await hub.link(content.digest, to: 10)
            #expect(try await hub.missing(content.digest, scope: 10, uploader: nil) == false)
            #expect(try await hub.missing(content.digest, scope: 11, uploader: nil))
        }
    }

    @Test func `a lease ends`() async throws {
        try await TestStore.with { hub in
            let content = try await hub.ingest([1])
            hub.clock.advance(by: 86_400)
            #expect(try await hub.missing(content.digest, scope: 10, uploader: 1))
        }
    }

    @Test func `linking what the hub lacks names it and links nothing`() async throws {
        try await TestStore.with { hub in
            let content = try await hub.ingest([1])
            let absent = digest([2])
            await #expect(throws: HubError.missingContent([absent])) {
                try await hub.database.write { try ContentStore.link([content.digest, absent], to: 10, in: $0) }
            }
            #expect(try await hub.store.scopes(holding: content.digest).isEmpty)
        }
    }

    @Test func `a fork has its parent's content, and deleting the parent leaves it`() async throws {
        try await TestStore.with { hub in
            let content = try await hub.ingest([1])
            try await hub.link(content.digest, to: 10)
            try await hub.database.write { try ContentStore.copyLinks(from: 10, to: 30, in: $0) }
            #expect(try await hub.store.scopes(holding: content.digest) == [10, 30])
            try await hub.database.write { try ContentStore.unlinkAll(scope: 10, in: $0) }
            #expect(try await hub.store.scopes(holding: content.digest) == [30])
        }
    }
}

@Suite struct SweepTests {
    @Test func `content nobody uses goes after its lease and the grace period, and not before`() async throws {
        try await TestStore.with { hub in
            let content = try await hub.ingest(VectorInput.splitmix(300_000, seed: 1))
            #expect(try await hub.store.sweep(grace: 3600) == SweepResult())
            hub.clock.advance(by: 86_400)
            #expect(try await hub.store.sweep(grace: 3600) == SweepResult())
            #expect(try await hub.store.content(content.digest) != nil)
            hub.clock.advance(by: 3600)
            #expect(try await hub.store.sweep(grace: 3600).contents == 1)
            hub.clock.advance(by: 3600)
            #expect(try await hub.store.sweep(grace: 3600).xorbs == 1)
            #expect(try await hub.backend.all().isEmpty)
            #expect(try await hub.store.content(content.digest) == nil)
            #expect(try await hub.rows("chunk_place") == 0)
            #expect(try await hub.rows("chunk_span") == 0)
        }
    }

    @Test func `linked content stays for ever, and its chunks shared with swept content too`() async throws {
        try await TestStore.with { hub in
            let bytes = VectorInput.splitmix(900_000, seed: 2)
            let kept = try await hub.ingest(bytes)
            _ = try await hub.ingest(bytes + [1, 2, 3])
            try await hub.link(kept.digest, to: 10)
            for _ in 0..<4 {
                hub.clock.advance(by: 86_400)
                _ = try await hub.store.sweep(grace: 3600)
            }
            #expect(try await hub.rows("chunk_content") == 1)
            #expect(try await hub.read(kept.digest) == bytes)
        }
    }

    @Test func `what is linked again within the grace period stays`() async throws {
        try await TestStore.with { hub in
            let content = try await hub.ingest([1, 2, 3])
            hub.clock.advance(by: 86_400)
            _ = try await hub.store.sweep(grace: 3600)
            try await hub.link(content.digest, to: 10)
            hub.clock.advance(by: 36_000)
            #expect(try await hub.store.sweep(grace: 3600) == SweepResult())
            #expect(try await hub.read(content.digest) == [1, 2, 3])
        }
    }

    @Test func `a blob without a record goes once it is old`() async throws {
        try await TestStore.with { hub in
            let name = try #require(BlobName(XetHash.zero.string + "-left"))
            let path = NSTemporaryDirectory() + UUID().uuidString
            try Data([1]).write(to: URL(filePath: path))
            try await hub.backend.store(fileAt: path, as: name)
            #expect(try await hub.store.sweep(grace: 3600).orphans == 0)
            hub.clock.advance(by: 3700)
            #expect(try await hub.store.sweep(grace: 3600).orphans == 1)
            #expect(try await hub.backend.all().isEmpty)
        }
    }

    @Test func `uploads, links and reads go on while sweeps run without any grace`() async throws {
        try await TestStore.with { hub in
            let shared = VectorInput.splitmix(400_000, seed: 1)
            try await withThrowingTaskGroup { group in
                for writer in 0..<4 {
                    group.addTask {
                        for round in 0..<6 {
                            let own = VectorInput.splitmix(100_000, seed: UInt64(100 * writer + round + 2))
                            let scope = Int64(100 * writer + round)
                            let content = try await hub.ingest(shared + own, Lease(uploader: 1, scope: scope))
                            try await hub.link(content.digest, to: scope)
                            #expect(try await hub.read(content.digest) == shared + own)
                            if round.isMultiple(of: 2) {
                                try await hub.database.write { try ContentStore.unlinkAll(scope: scope, in: $0) }
                            }
                        }
                    }
                }
                group.addTask { for _ in 0..<40 { _ = try await hub.store.sweep(grace: 0) } }
                try await group.waitForAll()
            }
            _ = try await hub.store.sweep(grace: 0)
            for row in try await hub.database.read({ try $0.query("SELECT digest FROM chunk_content") }) {
                let found = try row.contentDigest(0)
                #expect(try await digest(hub.read(found)) == found)
            }
            #expect(try await hub.rows("chunk_content") == 12)
        }
    }

    @Test func `what was swept can be uploaded again`() async throws {
        try await TestStore.with { hub in
            let bytes = VectorInput.splitmix(300_000, seed: 1)
            _ = try await hub.ingest(bytes)
            for _ in 0..<4 {
                hub.clock.advance(by: 86_400)
                _ = try await hub.store.sweep(grace: 60)
            }
            #expect(try await hub.backend.all().isEmpty)
            let content = try await hub.ingest(bytes)
            #expect(try await hub.read(content.digest) == bytes)
        }
    }
}

extension TestStore {
    func storedBytes() async throws -> Int {
        var total = 0
        for blob in try await backend.all() { total += try await backend.size(of: blob.name) ?? 0 }
        return total
    }

    func rows(_ table: String) async throws -> Int {
        try await database.read { try $0.queryOne("SELECT COUNT(*) FROM \(table)")?.int(0) ?? 0 }
    }
}
