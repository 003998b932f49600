import HubCore
import HubTensors

/// Writes GGUF files, sound or not, for a test.
struct TestGGUF {
    enum Value {
        case uint32(UInt32)
        case int32(Int32)
        case float32(Float)
        case bool(UInt8)
        case text([UInt8])
        case texts([String])
        case ints([Int32])
        case floats([Float])

        /// Any bytes after any type number.
        case raw(UInt32, [UInt8])

        static func text(_ text: String) -> Value { .text(Array(text.utf8)) }
    }

    struct Entry {
        var name: String
        /// Innermost dimension first, as in the file.
        var dimensions: [UInt64]
        var type: UInt32
        var offset: UInt64
    }

    var magic = "GGUF"
    var version: UInt32 = 3
    var tensorCount: UInt64?
    var keyCount: UInt64?
    var metadata: [(key: String, value: Value)] = [("general.architecture", .text("llama"))]
    var tensors: [Entry] = []
    var data: [UInt8] = []
    var padding = 32

    /// Appends a tensor where the format wants it.
    mutating func add(_ name: String, _ dimensions: [UInt64], _ type: GGUFType, _ bytes: [UInt8]) {
        while !data.count.isMultiple(of: padding) { data.append(0) }
        tensors.append(Entry(name: name, dimensions: dimensions, type: type.rawValue, offset: UInt64(data.count)))
        data += bytes
    }

    mutating func add(_ name: String, _ dimensions: [UInt64], _ values: [Float]) {
        add(name, dimensions, .f32, values.flatMap(\.bitPattern.littleEndianBytes))
    }

    mutating func set(_ key: String, _ value: Value) {
        metadata.removeAll { $0.key == key }
        metadata.append((key, value))
    }

    var bytes: [UInt8] {
        var bytes = Array(magic.utf8) + version.littleEndianBytes
        bytes += (tensorCount ?? UInt64(tensors.count)).littleEndianBytes
        bytes += (keyCount ?? UInt64(metadata.count)).littleEndianBytes
        for (key, value) in metadata { bytes += Self.text(Array(key.utf8)) + value.bytes }
        for tensor in tensors {
            bytes += Self.text(Array(tensor.name.utf8)) + UInt32(tensor.dimensions.count).littleEndianBytes
            bytes += tensor.dimensions.flatMap(\.littleEndianBytes)
            bytes += tensor.type.littleEndianBytes + tensor.offset.littleEndianBytes
        }
        while !bytes.count.isMultiple(of: padding) { bytes.append(0) }
        return bytes + data
    }

    var reader: BufferReader { BufferReader(bytes) }

    fileprivate static func text(_ bytes: [UInt8]) -> [UInt8] { UInt64(bytes.count).littleEndianBytes + bytes }
}

extension TestGGUF.Value {
    fileprivate var bytes: [UInt8] {
        switch self {
        case .uint32(let value): [4, 0, 0, 0] + value.littleEndianBytes
        case .int32(let value): [5, 0, 0, 0] + value.littleEndianBytes
        case .float32(let value): [6, 0, 0, 0] + value.bitPattern.littleEndianBytes
        case .bool(let value): [7, 0, 0, 0, value]
        case .text(let bytes): [8, 0, 0, 0] + TestGGUF.text(bytes)
        case .texts(let texts): array(8, texts.count, texts.flatMap { TestGGUF.text(Array($0.utf8)) })
        case .ints(let values): array(5, values.count, values.flatMap(\.littleEndianBytes))
        case .floats(let values): array(6, values.count, values.flatMap(\.bitPattern.littleEndianBytes))
        case .raw(let type, let bytes): type.littleEndianBytes + bytes
        }
    }

    private func array(_ type: UInt32, _ count: Int, _ bytes: [UInt8]) -> [UInt8] {
        [9, 0, 0, 0] + type.littleEndianBytes + UInt64(count).littleEndianBytes + bytes
    }
}
