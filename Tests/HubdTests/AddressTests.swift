import HubCore
import Testing
import hubd

@Suite struct AddressTests {
    @Test(arguments: [
        ("https://hub.example.org/", "https://hub.example.org"), ("https://hub.example.org", "https://hub.example.org"),
        ("HTTP://localhost:8080/", "http://localhost:8080"), ("http://[::1]:8080/", "http://[::1]:8080"),
    ])
    func `a public URL has no final slash`(_ text: String, _ url: String) throws {
        #expect(try PublicURL(parsing: text).text == url)
    }

    @Test(arguments: [
        ("https://hub.example.org/hub", "paths are not supported"), ("https://hub.example.org//", "paths are not"),
        ("https://hub.example.org?a=b", "nothing may follow"), ("https://hub.example.org/#x", "nothing may follow"),
        ("https://me@hub.example.org", "no user may stand"), ("https://me:x@hub.example.org", "no user may stand"),
        ("ftp://hub.example.org", "expected http://HOST"), ("hub.example.org", "expected http://HOST"),
        ("https://", "expected http://HOST"), ("https://hub .example.org", "expected http://HOST"), ("", "expected"),
        ("https://hub.example.org:99999", "expected http://HOST"),
    ])
    func `what a public URL cannot have is refused in words`(_ text: String, _ words: String) {
        let error = #expect(throws: HubError.self) { try PublicURL(parsing: text) }
        #expect(error?.description.hasPrefix("public-url is '\(text)'; expected") == true)
        #expect(error?.description.contains(words) == true)
    }

    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1", 8080), ("[::1]:0", "[::1]", 0), ("::1:8092", "[::1]", 8092),
    ])
    func `a host of IPv6 has brackets in a URL`(_ text: String, _ host: String, _ port: Int) throws {
        let address = try ListenAddress(parsing: text)
        #expect(address.hostInURL == host && address.port == port)
    }

    @Test(arguments: [
        (":8083", "the host is missing"), ("8083", "expected HOST:PORT"), ("a:99999", "expected HOST:PORT"),
    ])
    func `what is no address to listen on is refused in words`(_ text: String, _ words: String) {
        let error = #expect(throws: HubError.self) { try ListenAddress(parsing: text) }
        #expect(error?.description.contains(words) == true)
    }

    @Test func `a host nobody knows is named`() throws {
        let address = try ListenAddress(parsing: "no-such-host.invalid:8083")
        let error = #expect(throws: HubError.self) { try address.checkHost() }
        #expect(error?.description.contains("the host 'no-such-host.invalid' is not known") == true)
    }
}
