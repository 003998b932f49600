import Foundation
import HubHTTP
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct TimestampTests {
    /// The clock of a test stands at 1 700 000 000; it is moved to the day in question.
    @Test(arguments: [1_700_000_000, 1_709_164_800, 1_709_251_199, 1_735_689_599, 1_735_689_600, 4_107_542_400])
    func `a time is told as others tell it`(_ seconds: Int64) async throws {
        let test = try await TestHub()
        test.clock.advance(by: seconds - test.clock.seconds)
        let alice = try await test.user("alice")
        _ = try await test.repository("alice/tiny", by: alice)
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        let expected = formatter.string(from: Date(timeIntervalSince1970: TimeInterval(seconds)))
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let answer = try await client.execute(uri: "/api/models/alice/tiny?expand=createdAt", method: .get)
            #expect(String(buffer: answer.body).contains("\"\(expected)\""))
        }
    }
}
