import HubCore

/// An ``ObjectID`` in 24 bytes without an allocation, for sets of a million of them.
struct PackedID: Hashable {
    private static let wordShifts: [UInt64] = [56, 48, 40, 32, 24, 16, 8, 0]
    private static let tailShifts: [UInt32] = [24, 16, 8, 0]

    private let first: UInt64
    private let second: UInt64
    private let third: UInt32

    init(_ id: ObjectID) {
        func read(_ range: Range<Int>) -> UInt64 { id.bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
        first = read(0..<8)
        second = read(8..<16)
        third = UInt32(truncatingIfNeeded: read(16..<20))
    }

    var id: ObjectID {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ObjectID.byteCount)
        for word in [first, second] {
            for shift in Self.wordShifts {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        for shift in Self.tailShifts { bytes.append(UInt8(truncatingIfNeeded: third >> shift)) }
        return ObjectID(bytes: bytes) ?? .zero
    }

    func hash(into hasher: inout Hasher) { hasher.combine(first) }
}
