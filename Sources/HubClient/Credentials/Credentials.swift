/// The hubs someone has logged in to, and which of them is meant when none is named.
package struct Credentials: Sendable, Equatable, Codable {
    package struct Hub: Sendable, Equatable, Codable {
        package var url: String
        package var token: String
        package var user: String?

        package init(_ address: HubAddress, token: String, user: String? = nil) {
            url = address.text
            self.token = token
            self.user = user
        }
    }

    /// In the order of the first login.
    package private(set) var hubs: [Hub]

    /// The URL of the default hub: the one logged in to last.
    package private(set) var defaultURL: String?

    package init() {
        hubs = []
    }

    package var defaultHub: Hub? { hubs.first { $0.url == defaultURL } }

    package func hub(at address: HubAddress) -> Hub? { hubs.first { $0.url == address.text } }

    /// Adds `hub`, or replaces what was known of it, and makes it the default.
    package mutating func add(_ hub: Hub) {
        if let index = hubs.firstIndex(where: { $0.url == hub.url }) {
            hubs[index] = hub
        } else {
            hubs.append(hub)
        }
        defaultURL = hub.url
    }

    /// Forgets the hub at `address`; false if there was none.
    ///
    /// The default passes to the one added last.
    package mutating func remove(_ address: HubAddress) -> Bool {
        guard let index = hubs.firstIndex(where: { $0.url == address.text }) else { return false }
        hubs.remove(at: index)
        if defaultURL == address.text { defaultURL = hubs.last?.url }
        return true
    }
}
