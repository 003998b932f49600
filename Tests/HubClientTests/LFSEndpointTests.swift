import HubClient
import HubCore
import Testing

@Suite struct LFSEndpointTests {
    @Test(arguments: [
        ("http://hub.example/ada/model.git", "http://hub.example/ada/model.git/info/lfs", nil),
        ("http://hub.example/ada/model", "http://hub.example/ada/model.git/info/lfs", nil),
        ("https://hub.example/hub/ada/model.git/info/lfs", "https://hub.example/hub/ada/model.git/info/lfs", nil),
        ("http://ada:t%2F1@127.0.0.1:8080/ada/model.git/", "http://127.0.0.1:8080/ada/model.git/info/lfs", "t/1"),
        ("http://t2@hub.example/ada/model.git", "http://hub.example/ada/model.git/info/lfs", "t2"),
    ])
    func `a remote leads to its git-lfs routes, without what is secret in it`(
        _ remote: String, _ url: String, _ token: String?
    ) throws {
        let endpoint = try LFSEndpoint(remote: remote)
        #expect(endpoint.url == url)
        #expect(endpoint.token == token)
        #expect(url.hasPrefix(endpoint.origin.text + "/"))
    }

    @Test(arguments: [
        "origin", "git@hub.example:ada/model.git", "ssh://hub.example/ada/model", "file:///srv/model", "",
    ])
    func `what is no address of a hub is refused`(_ remote: String) {
        #expect(throws: HubError.self) { try LFSEndpoint(remote: remote) }
    }
}
