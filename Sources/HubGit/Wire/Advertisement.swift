import HubCore

/// The list of refs that opens a conversation (gitprotocol-http, gitprotocol-pack, gitprotocol-v2).
struct Advertisement {
    /// Whether the first lines say what they are, as over HTTP.
    let isOverHTTP: Bool
    let version: ProtocolVersion

    private static let agent = "agent=hubd/\(HubVersion.current)"

    /// For versions 0 and 1: every ref, and behind the first one what the service can do.
    func bytes(service: String, refs: [(name: String, id: ObjectID)], capabilities: [String]) -> [UInt8] {
        var bytes: [UInt8] = isOverHTTP ? PacketLine.encode("# service=\(service)\n") + PacketLine.flushBytes : []
        if version == .one { bytes += PacketLine.encode("version 1\n") }
        bytes.reserveCapacity(bytes.count + refs.count * 80)
        let words = (capabilities + ["object-format=sha1", Self.agent]).joined(separator: " ")
        guard let first = refs.first else {
            bytes += PacketLine.encode("\(ObjectID.zero.hex) capabilities^{}\0\(words)\n")
            return bytes + PacketLine.flushBytes
        }
        bytes += PacketLine.encode("\(first.id.hex) \(first.name)\0\(words)\n")
        for ref in refs.dropFirst() {
            PacketLine.appendLength(of: 2 * ObjectID.byteCount + 2 + ref.name.utf8.count, to: &bytes)
            ref.id.appendHex(to: &bytes)
            bytes.append(UInt8(ascii: " "))
            bytes += ref.name.utf8
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes + PacketLine.flushBytes
    }

    /// For version 2, which lists refs only when asked.
    static func commands(_ capabilities: [String]) -> [UInt8] {
        (["version 2", agent] + capabilities + ["object-format=sha1"]).flatMap { PacketLine.encode("\($0)\n") }
            + PacketLine.flushBytes
    }
}

/// A version of git's wire protocol.
package enum ProtocolVersion: Int, Sendable {
    case zero, one, two

    /// What a client's `Git-Protocol` header, or its variable `GIT_PROTOCOL`, asks for: the highest of the versions it
    /// names that there is, 0 if it names none (gitprotocol-v2).
    package init(asked text: String?) {
        let numbers = (text ?? "").split(separator: ":").filter { $0.hasPrefix("version=") }
            .compactMap { Int($0.dropFirst("version=".count)) }
        self = numbers.compactMap(ProtocolVersion.init).max { $0.rawValue < $1.rawValue } ?? .zero
    }
}
