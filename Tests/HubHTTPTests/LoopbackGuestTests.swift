import HTTPTypes
import HubHTTP
import Testing

@Suite struct LoopbackGuestTests {
    private func head(host: String = "127.0.0.1:8080", _ fields: HTTPFields = [:]) -> HTTPRequest {
        HTTPRequest(
            method: .get, scheme: "http", authority: host, path: "/a/b.git/info/refs?service=git-receive-pack",
            headerFields: fields)
    }

    @Test(arguments: ["127.0.0.1:8080", "localhost", "LocalHost:80", "[::1]:8080", "127.8.8.8"])
    func `git that asks this machine speaks for itself`(_ host: String) {
        #expect(LoopbackGuests.speaksForItself(head(host: host, [.userAgent: "git/2.39.5", .accept: "*/*"])))
    }

    @Test(arguments: [
        "", "hub.example.org", "localhost.example.org", "127.0.0.1.example.org", "hub", "10.0.0.1", "localhost:x",
        "[::2]", "127.0.0.1@hub.example.org",
    ])
    func `a host that is not this machine's is somebody else's`(_ host: String) {
        #expect(!LoopbackGuests.speaksForItself(head(host: host)))
    }

    @Test(arguments: [
        ("Forwarded", "for=10.0.0.1"), ("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-Host", "hub.example.org"),
        ("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "443"), ("x-forwarded-server", "proxy"),
        ("X-Real-IP", "10.0.0.1"), ("Via", "1.1 proxy"), ("Origin", "http://localhost"), ("Sec-Fetch-Site", "none"),
        ("X-Envoy-Internal", "true"), ("CF-Connecting-IP", "10.0.0.1"), ("True-Client-IP", "10.0.0.1"),
        ("Connection", "close"), ("connection", "TE, Close"),
    ])
    func `what a proxy or a browser adds gives it away`(_ name: String, _ value: String) throws {
        let name = try #require(HTTPField.Name(name))
        #expect(!LoopbackGuests.speaksForItself(head([name: value])))
    }

    @Test func `a push has git's own content type`() {
        var push = head([.contentType: "application/x-git-receive-pack-request"])
        push.method = .post
        #expect(LoopbackGuests.speaksForItself(push))
        push.headerFields[.contentType] = "text/plain"
        #expect(!LoopbackGuests.speaksForItself(push))
    }
}
