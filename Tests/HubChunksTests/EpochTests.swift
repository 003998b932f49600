import HubChunks
import HubCore
import HubDatabase
import Testing

@Suite struct EpochTests {
    @Test func `a sweep that removes nothing leaves clients what they remember`() async throws {
        try await TestStore.with { hub async throws in
            _ = try await hub.send(PreparedUpload(VectorInput.splitmix(300_000, seed: 1)).xorb)
            _ = try await hub.store.sweep(grace: 0)
            #expect(try await hub.store.epoch() == 1)
        }
    }

    @Test func `a sweep that removes a xorb makes clients forget`() async throws {
        try await TestStore.with { hub async throws in
            _ = try await hub.send(PreparedUpload(VectorInput.splitmix(300_000, seed: 1)).xorb)
            hub.clock.advance(by: 22 * 86_400)
            #expect(try await hub.store.sweep(grace: 0).xorbs == 1)
            #expect(try await hub.store.epoch() == 2)
        }
    }

    @Test func `what an official client sent can be referred to as long as it remembers`() async throws {
        try await TestStore.with { hub async throws in
            let upload = PreparedUpload(VectorInput.splitmix(300_000, seed: 1))
            _ = try await hub.send(upload.xorb)
            hub.clock.advance(by: 21 * 86_400)
            #expect(try await hub.store.sweep(grace: 0).xorbs == 0)
            let files = try await hub.store.registerShard(
                upload.shard.serialized, lease: TestStore.alice, mayRead: nobody)
            #expect(files.map(\.digest) == [digest(upload.bytes)])
        }
    }

    @Test func `holding a file by another upload does not shorten what its xorbs have left`() async throws {
        try await TestStore.with { hub async throws in
            let upload = PreparedUpload(VectorInput.splitmix(300_000, seed: 1))
            _ = try await hub.send(upload.xorb)
            _ = try await hub.ingest(upload.bytes)
            hub.clock.advance(by: 21 * 86_400)
            #expect(try await hub.store.isLeased(xorb: upload.xorb.hash, by: TestStore.alice))
        }
    }

    @Test func `a repository that goes with uploads of its own makes clients forget`() async throws {
        try await TestStore.with { hub async throws in
            _ = try await hub.send(PreparedUpload(VectorInput.splitmix(300_000, seed: 1)).xorb)
            try await hub.database.write { try ContentStore.unlinkAll(scope: 20, in: $0) }
            #expect(try await hub.store.epoch() == 1)
            try await hub.database.write { try ContentStore.unlinkAll(scope: 10, in: $0) }
            #expect(try await hub.store.epoch() == 2)
        }
    }

    @Test func `content taken out of a repository stays in the others`() async throws {
        try await TestStore.with { hub async throws in
            let content = try await hub.ingest(VectorInput.splitmix(300_000, seed: 1))
            try await hub.link(content.digest, to: 10)
            try await hub.link(content.digest, to: 20)
            let removed = try await hub.database.write {
                try ContentStore.unlink([content.digest, digest([1])], from: 10, in: $0)
            }
            #expect(removed == [content.digest])
            #expect(try await hub.missing(content.digest, scope: 10, uploader: 1))
            #expect(try await hub.missing(content.digest, scope: 20, uploader: nil) == false)
        }
    }
}
