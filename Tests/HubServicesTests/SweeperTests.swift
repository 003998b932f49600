import HubCore
import HubDatabase
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct SweeperTests {
    private func objects(of test: TestHub) async throws -> Int {
        try await test.database.read { try $0.queryOne("SELECT COUNT(*) FROM git_object")?.int(0) ?? 0 }
    }

    @Test func `git objects of a deleted repository are there for three weeks, those of others for ever`() async throws
    {
        let test = try await TestHub()
        let ada = try await test.user("ada")
        let kept = try await test.repository("ada/kept", by: ada)
        let gone = try await test.repository("ada/gone", by: ada)
        try await test.push(["README.md": "shared", "a": "1"], to: kept, by: ada)
        let before = try await objects(of: test)
        try await test.push(["README.md": "shared", "b": "2"], to: gone, by: ada)
        let both = try await objects(of: test)
        try await test.hub.repositories.delete(gone.id, by: ada)

        try await test.hub.sweeper.sweepObjects()
        test.clock.advance(by: 21 * 86_400 - 1)
        try await test.hub.sweeper.sweepObjects()
        #expect(try await objects(of: test) == both)
        test.clock.advance(by: 1)
        try await test.hub.sweeper.sweepObjects()

        #expect(try await objects(of: test) == before)
        #expect(before == 4 && both == 7)
    }
}
