/// Integers in the little-endian form of every Xet format.
extension Array where Element == UInt8 {
    mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends the low three bytes.
    mutating func append(littleEndian24 value: Int) {
        for shift in [0, 8, 16] { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}

extension UnsafeRawBufferPointer {
    /// The integer at `offset`, which must lie inside.
    func load<Value: FixedWidthInteger>(littleEndian type: Value.Type, at offset: Int) -> Value {
        Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}
