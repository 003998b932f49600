import HubCore
import HubHTTP
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct RangeTests {
    @Test(
        arguments: [
            ("bytes=0-3", 206, "0123"), ("bytes=4-", 206, "456789"), ("bytes=-2", 206, "89"),
            ("bytes=8-100", 206, "89"), ("bytes=10-", 416, nil), ("bytes=5-2", 200, "0123456789"),
            ("bytes=0-1,4-5", 200, "0123456789"), ("chunks=1-2", 200, "0123456789"),
        ] as [(String, Int, String?)])
    func `a range is answered as RFC 9110 says`(_ header: String, _ status: Int, _ body: String?) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/open", by: alice)
        try await test.push(["digits.txt": "0123456789"], to: record, by: alice)
        let application = Application(responder: buildResponder(test.hub))
        try await application.test(.router) { client in
            let answer = try await client.execute(
                uri: "/alice/open/resolve/main/digits.txt", method: .get, headers: [.range: header])
            #expect(answer.status.code == status)
            if let body { #expect(String(buffer: answer.body) == body) }
        }
    }
}
