import HubClient
import HubCore
import Testing

@Suite struct HubAddressTests {
    @Test(arguments: [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://Hub.Example/", "https://hub.example"),
        ("HTTP://hub.example/below/it/", "http://hub.example/below/it"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ])
    func `an address is kept without its final slash`(text: String, expected: String) throws {
        #expect(try HubAddress(parsing: text).text == expected)
    }

    @Test(arguments: [
        "", "hub.example", "ftp://hub.example", "http://", "http:///x", "http://me:secret@hub.example",
        "http://hub.example:0", "http://hub.example:99999", "http://hub.example?x=1", "http://hub example",
    ])
    func `what is no plain http address is refused`(text: String) {
        #expect(throws: HubError.self) { try HubAddress(parsing: text) }
    }

    @Test func `a slash inside a segment stays inside it`() throws {
        let address = try HubAddress(parsing: "http://hub.example/below")

        let url = address.url(["api", "refs/pr/1", "ä ?"], query: [("author", "a&b"), ("p", "2")])

        #expect(url == "http://hub.example/below/api/refs%2Fpr%2F1/%C3%A4%20%3F?author=a%26b&p=2")
    }

    @Test(arguments: [(".", "%2E"), ("..", "%2E%2E"), ("a..b", "a..b")])
    func `a segment of dots is never resolved`(text: String, expected: String) {
        #expect(PercentEncoding.encode(text) == expected)
    }

    @Test(arguments: [
        ("http://elsewhere.example/api/models?p=2", "http://hub.example:81/api/models?p=2"),
        ("/api/models?p=2", "http://hub.example:81/api/models?p=2"),
    ])
    func `a link is followed on the hub itself only`(link: String, expected: String) throws {
        let address = try HubAddress(parsing: "http://hub.example:81/")
        #expect(try address.url(following: link) == expected)
    }

    @Test(arguments: ["next", "//elsewhere.example/x", "http://elsewhere.example"])
    func `a link that is no URL is refused`(link: String) throws {
        let address = try HubAddress(parsing: "http://hub.example")
        #expect(throws: HubError.self) { try address.url(following: link) }
    }
}
