/// Packets of `side-band-64k`: the band, then at most 65515 bytes.
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

    func encode(_ bytes: [UInt8]) -> [UInt8] {
        var packets: [UInt8] = []
        packets.reserveCapacity(bytes.count + bytes.count / 8192 + 16)
        let step = PacketLine.payloadLimit - 1
        for start in stride(from: 0, to: bytes.count, by: step) {
            packets += PacketLine.encode([number] + bytes[start..<min(start + step, bytes.count)])
        }
        return packets
    }

    func encode(_ text: String) -> [UInt8] { encode(Array(text.utf8)) }
}
