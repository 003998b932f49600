import Foundation

/// A safetensors file taken apart, to be changed and put together again.
struct TestCheckpoint {
    enum Storage: String, CaseIterable, Sendable {
        case float32 = "F32"
        case bfloat16 = "BF16"
        case float16 = "F16"
    }

    struct Tensor {
        var name: String
        var shape: [Int]
        var values: [Float]
    }

    var tensors: [Tensor]

    init(tensors: [Tensor]) { self.tensors = tensors }

    init(_ file: [UInt8]) throws {
        let length = Int(UInt64(littleEndian: file.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }))
        var header = try JSONDecoder().decode([String: Entry].self, from: Data(file[8..<8 + length]))
        header["__metadata__"] = nil
        tensors = header.sorted { $0.key < $1.key }.map { name, entry in
            let offsets = entry.data_offsets ?? []
            let bytes = Array(file[(8 + length + offsets[0])..<(8 + length + offsets[1])])
            return Tensor(name: name, shape: entry.shape ?? [], values: Self.widened(bytes, entry.dtype ?? ""))
        }
    }

    private struct Entry: Codable {
        var dtype: String?
        var shape: [Int]?
        var data_offsets: [Int]?
    }

    mutating func change(_ name: String, _ body: ([Float]) -> [Float]) {
        guard let place = tensors.firstIndex(where: { $0.name == name }) else { fatalError("no tensor '\(name)'") }
        tensors[place].values = body(tensors[place].values)
    }

    /// The file; `padding` spaces after the header put the data at any alignment.
    func serialized(as storage: Storage, padding: Int = 0) -> [UInt8] {
        var header: [String: Entry] = [:]
        var data: [UInt8] = []
        for tensor in tensors {
            let start = data.count
            for value in tensor.values { data += Self.narrowed(value, storage) }
            header[tensor.name] = Entry(
                dtype: storage.rawValue, shape: tensor.shape, data_offsets: [start, data.count])
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard var text = try? encoder.encode(header) else { fatalError("a header is JSON") }
        text += Data(repeating: 0x20, count: padding)
        return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + [UInt8](text) + data
    }

    private static func widened(_ bytes: [UInt8], _ type: String) -> [Float] {
        bytes.withUnsafeBytes { bytes in
            switch type {
            case "F32": bytes.bindMemory(to: UInt32.self).map { Float(bitPattern: $0) }
            case "BF16": bytes.bindMemory(to: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
            case "F16": bytes.bindMemory(to: UInt16.self).map { Float(Float16(bitPattern: $0)) }
            default: fatalError("no test has \(type)")
            }
        }
    }

    /// Only values that the storage holds exactly are asked for.
    private static func narrowed(_ value: Float, _ storage: Storage) -> [UInt8] {
        switch storage {
        case .float32: withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
        case .bfloat16: withUnsafeBytes(of: UInt16(value.bitPattern >> 16).littleEndian, Array.init)
        case .float16: withUnsafeBytes(of: Float16(value).bitPattern.littleEndian, Array.init)
        }
    }
}
