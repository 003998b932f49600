import HubCore
import HubTensors

/// A tensor made for a test.
struct TestTensor: Sendable {
    var name: String
    var dtype: DType
    var shape: [Int]
    var bytes: [UInt8]

    init(_ name: String, _ dtype: DType, _ shape: [Int], bytes: [UInt8]) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
    }

    /// Stores `values`, which must be exact in `dtype`.
    init(_ name: String, _ values: [Double], as dtype: DType = .float32, shape: [Int]? = nil) {
        self.init(name, dtype, shape ?? [values.count], bytes: values.flatMap { $0.bytes(as: dtype) })
    }

    func renamed(_ name: String) -> TestTensor { TestTensor(name, dtype, shape, bytes: bytes) }
}

extension FixedWidthInteger {
    /// Least significant byte first.
    var littleEndianBytes: [UInt8] { (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) } }

    init(littleEndianBytes bytes: some Sequence<UInt8>) {
        self = bytes.enumerated().reduce(0) { $0 | Self(truncatingIfNeeded: UInt64($1.element) << ($1.offset * 8)) }
    }
}

extension Double {
    fileprivate func bytes(as dtype: DType) -> [UInt8] {
        switch dtype {
        case .float64: bitPattern.littleEndianBytes
        case .float32: Float(self).bitPattern.littleEndianBytes
        case .float16: Float16(self).bitPattern.littleEndianBytes
        case .bfloat16: UInt16(Float(self).bitPattern >> 16).littleEndianBytes
        case .int32: Int32(self).littleEndianBytes
        case .uint8: [UInt8(self)]
        default: preconditionFailure("no test stores \(dtype)")
        }
    }
}

/// A safetensors file made for a test.
enum TestFile {
    static func safetensors(_ tensors: [TestTensor], metadata: [(ByteString, ByteString)] = []) -> [UInt8] {
        let header = SafetensorsHeader(
            metadata: metadata.map { (key: $0, value: $1) },
            layingOut: tensors.map { ($0.name, $0.dtype, $0.shape, $0.bytes.count) })
        return header.serialized + tensors.flatMap(\.bytes)
    }

    /// A file with any text for a header.
    static func safetensors(header: String, data: Int) -> [UInt8] {
        UInt64(header.utf8.count).littleEndianBytes + Array(header.utf8) + [UInt8](repeating: 0, count: data)
    }
}

extension Checkpoint {
    static func holding(_ tensors: [TestTensor], metadata: [(ByteString, ByteString)] = []) async throws -> Checkpoint {
        try await open(["model.safetensors": BufferReader(TestFile.safetensors(tensors, metadata: metadata))])
    }

    /// The stored bytes of a tensor.
    func bytes(_ name: String) async throws -> [UInt8]? {
        guard let tensor = self[name] else { return nil }
        return try await tensor.reader.read(tensor.info.range)
    }

    /// The elements of an F32 tensor.
    func floats(_ name: String) async throws -> [Float] {
        let bytes = try await bytes(name) ?? []
        return stride(from: 0, to: bytes.count, by: 4).map {
            Float(bitPattern: UInt32(littleEndianBytes: bytes[$0..<$0 + 4]))
        }
    }
}
