import HubCore
import NIOCore

/// Which network addresses the hub sends to when somebody else says where.
///
/// What only this machine or its network can reach is not for strangers to have asked: an answer's status alone would
/// tell them about it.
package struct AddressPolicy: Sendable {
    private let allowsPrivate: Bool

    /// The option of the hub that lets it in.
    private let option: String

    init(_ options: WebhookOptions) {
        self.init(allowsPrivate: options.allowsPrivateAddresses, option: "webhooks.allow-private")
    }

    init(allowsPrivate: Bool, option: String) {
        self.allowsPrivate = allowsPrivate
        self.option = option
    }

    func require(_ address: SocketAddress, for host: String) throws(HubError) {
        guard let bytes = NetworkAddress.bytes(of: address) else {
            throw .invalid("'\(host)' is not an internet address")
        }
        switch Self.reach(of: bytes) {
        case .everyone: return
        case .insiders where allowsPrivate: return
        case .insiders:
            throw .invalid(
                "'\(host)' is an address of this machine or of a private network; the hub's operator allows such "
                    + "targets with \(option)")
        case .nobody: throw .invalid("'\(host)' is an address the hub does not send to")
        }
    }

    package enum Reach: Sendable, Equatable {
        case everyone
        /// This machine and private networks.
        case insiders
        /// Link-local, where clouds tell their secrets, and whatever is no single host.
        case nobody
    }

    /// Who can reach an address of 4 or 16 bytes.
    package static func reach(of address: [UInt8]) -> Reach {
        address.count == 4 ? reach(v4: address) : reach(v6: address)
    }

    private static func reach(v4 a: [UInt8]) -> Reach {
        switch (a[0], a[1], a[2]) {
        case (127, _, _), (10, _, _), (172, 16...31, _), (192, 168, _), (100, 64...127, _): .insiders
        case (0, _, _), (169, 254, _), (192, 0, 0), (192, 0, 2), (198, 18...19, _), (198, 51, 100), (203, 0, 113),
            (224..., _, _):
            .nobody
        default: .everyone
        }
    }

    private static func reach(v6 a: [UInt8]) -> Reach {
        let isMapped = a[..<10].allSatisfy { $0 == 0 } && a[10] == 0xFF && a[11] == 0xFF
        let isTranslated = Array(a[..<12]) == [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
        if isMapped || isTranslated { return reach(v4: Array(a[12...])) }
        if a[0] == 0x20, a[1] == 0x02 { return reach(v4: Array(a[2..<6])) }
        if a[..<15].allSatisfy({ $0 == 0 }) { return a[15] == 1 ? .insiders : .nobody }
        if a[0] & 0xFE == 0xFC {
            // The address under which a large cloud tells its secrets.
            let isMetadata = Array(a) == [0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54]
            return isMetadata ? .nobody : .insiders
        }
        // Of the rest only what is handed out for the whole world (2000::/3), without examples and tunnels.
        let isGlobal = a[0] & 0xE0 == 0x20
        let isSpecial = a[0] == 0x20 && a[1] == 0x01 && (a[2] < 0x02 || (a[2] == 0x0D && a[3] == 0xB8))
        return isGlobal && !isSpecial ? .everyone : .nobody
    }
}
