import HubCore

/// The list of refs that opens a conversation over smart HTTP (gitprotocol-http, gitprotocol-pack).
///
/// Always version 0: git asks for newer ones and takes the oldest.
enum Advertisement {
    static func bytes(
        service: String, refs: [(name: String, id: ObjectID)], capabilities: [String]
    ) -> [UInt8] {
        var bytes = PacketLine.encode("# service=\(service)\n") + PacketLine.flushBytes
        let lines = refs.isEmpty ? [("capabilities^{}", ObjectID.zero)] : refs
        for (index, line) in lines.enumerated() {
            let suffix = index == 0 ? "\0\(capabilities.joined(separator: " "))" : ""
            bytes += PacketLine.encode("\(line.1.hex) \(line.0)\(suffix)\n")
        }
        return bytes + PacketLine.flushBytes
    }
}
