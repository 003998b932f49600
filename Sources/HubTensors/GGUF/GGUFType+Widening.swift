import CHubKernels
package import HubCore

extension GGUFType {
    /// Whether ``widen(_:)`` knows the type.
    package var canBeWidened: Bool {
        switch self {
        case .f32, .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q4_k, .q5_k, .q6_k: true
        default: false
        }
    }

    /// The elements of whole blocks as floats, equal bit by bit to those of the format's reference implementation.
    ///
    /// Throws ``HubError/invalid(_:)`` for a type that cannot be widened and for bytes that are not whole blocks.
    package func widen(_ blocks: [UInt8]) throws(HubError) -> [Float] {
        guard canBeWidened else { throw .invalid("tensors of type \(self) cannot be widened") }
        guard blocks.count.isMultiple(of: blockByteCount) else {
            throw .invalid("\(blocks.count) bytes are no whole blocks of \(self)")
        }
        let count = blocks.count / blockByteCount
        return [Float](unsafeUninitializedCapacity: count * blockSize) { floats, initialized in
            initialized = count * blockSize
            guard let out = floats.baseAddress else { return }
            blocks.withUnsafeBufferPointer { bytes in
                guard let source = bytes.baseAddress else { return }
                run(source, out, count)
            }
        }
    }

    private func run(_ source: UnsafePointer<UInt8>, _ out: UnsafeMutablePointer<Float>, _ count: Int) {
        switch self {
        case .f16: hub_dequant_f16(source, out, count)
        case .bf16: hub_dequant_bf16(source, out, count)
        case .q4_0: hub_dequant_q4_0(source, out, count)
        case .q4_1: hub_dequant_q4_1(source, out, count)
        case .q5_0: hub_dequant_q5_0(source, out, count)
        case .q5_1: hub_dequant_q5_1(source, out, count)
        case .q8_0: hub_dequant_q8_0(source, out, count)
        case .q4_k: hub_dequant_q4_k(source, out, count)
        case .q5_k: hub_dequant_q5_k(source, out, count)
        case .q6_k: hub_dequant_q6_k(source, out, count)
        default:  // f32; `canBeWidened` admits no other
            UnsafeMutableRawPointer(out).copyMemory(from: source, byteCount: count * 4)
        }
    }
}
