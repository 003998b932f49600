import HubCore

/// The band a packet belongs to, when a pack and words for the user share one stream (gitprotocol-common).
enum SideBand {
    case data
    case progress
    case failure

    private var number: UInt8 {
        switch self {
        case .data: 1
        case .progress: 2
        case .failure: 3
        }
    }

    /// Longest packet of `side-band-64k`, and of the older `side-band`, band included.
    static let limit = PacketLine.payloadLimit
    static let oldLimit = 996

    /// A packet of data without any; it says that somebody is still there.
    static let emptyPacket = PacketLine.encode([data.number])

    func encode(_ bytes: [UInt8], limit: Int = limit) -> [UInt8] {
        var packets: [UInt8] = []
        let step = limit - 1
        packets.reserveCapacity(bytes.count + (bytes.count / step + 1) * 5)
        for start in stride(from: 0, to: bytes.count, by: step) {
            let end = min(start + step, bytes.count)
            PacketLine.appendLength(of: end - start + 1, to: &packets)
            packets.append(number)
            packets += bytes[start..<end]
        }
        return packets
    }

    func encode(_ text: String, limit: Int = limit) -> [UInt8] { encode(Array(text.utf8), limit: limit) }
}
