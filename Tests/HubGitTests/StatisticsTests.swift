import HubCore
import HubGit
import Testing

@Suite struct StatisticsTests {
    @Test func `each object is counted once, however many refs and trees have it`() async throws {
        let hub = try await TestStore()
        _ = try await hub.commit([.put("a/one.txt", "same\n"), .put("b/two.txt", "same\n")])
        let second = try await hub.commit([.put("c.txt", "other\n")])
        try await hub.store.write(1) { git in
            try git.move(RefName(branch: "side"), from: nil, to: second)
        }

        let found = try await hub.store.read(1) { git in try git.statistics() }

        // Two root trees; the folders a and b hold the same blob under different names.
        #expect(found.commits.count == 2)
        #expect(found.trees.count == 4)
        #expect(found.blobs == GitStatistics.Share(count: 2, bytes: 11))
        #expect(found.longestHistory == 2)
        #expect(found.isWhole)
    }

    @Test func `an empty repository comes to nothing`() async throws {
        let hub = try await TestStore()
        #expect(try await hub.store.read(1) { git in try git.statistics() } == GitStatistics())
    }

    @Test func `counting ends at the limit and says so`() async throws {
        let hub = try await TestStore()
        for number in 0..<5 { _ = try await hub.commit([.put("a", "\(number)")]) }
        let found = try await hub.store.read(1) { git in try git.statistics(limit: 3) }
        #expect(!found.isWhole)
        #expect(found.commits.count < 5)
    }
}
