import HubCore

/// Why a GGUF header cannot be followed any further.
struct GGUFFault: Error {
    let message: String
    var tensor: String?
}

/// Reads a GGUF header front to back; every count and length is held against the bytes left before it is used.
struct GGUFParser {
    private var window: ByteWindow
    private let reader: any ByteReader
    private let path: String
    private let limits: GGUFLimits
    private var findings: [Finding] = []

    /// A tensor as the header has it: its data's offset counts from the start of all data.
    private struct Entry {
        var name: String
        var shape: [Int]
        var type: GGUFType
        var offset: Int
        var byteCount: Int
    }

    init(_ reader: any ByteReader, path: String, limits: GGUFLimits) {
        self.reader = reader
        self.path = path
        self.limits = limits
        window = ByteWindow(reader)
    }

    mutating func parse() async throws -> (file: GGUFFile?, findings: [Finding]) {
        do {
            let file = try await file()
            return (findings.isEmpty ? file : nil, findings)
        } catch let fault as GGUFFault {
            report(fault.message, tensor: fault.tensor)
            return (nil, findings)
        }
    }

    private mutating func file() async throws -> GGUFFile {
        guard try await bytes(4) == Array("GGUF".utf8)[...] else {
            throw GGUFFault(message: "the file is no GGUF file")
        }
        let version = try await number(4)
        guard version == 2 || version == 3 else {
            throw GGUFFault(message: "GGUF version \(version) cannot be read; expected 2 or 3, little-endian")
        }
        let tensorCount = try await count("tensors", limit: limits.tensorCount, smallest: 24)
        let keyCount = try await count("keys", limit: limits.keyCount, smallest: 13)
        let metadata = try await metadata(keyCount)
        let alignment = try alignment(metadata)
        let entries = try await entries(tensorCount, alignment: alignment)
        let dataStart = (window.position + alignment - 1) / alignment * alignment
        checkLayout(entries, dataStart: dataStart, alignment: alignment)
        checkVocabulary(metadata)
        return GGUFFile(
            path: path,
            reader: reader,
            version: Int(version),
            metadata: metadata,
            tensors: findings.isEmpty
                ? entries.map { entry in
                    let start = dataStart + entry.offset
                    return GGUFTensor(
                        name: entry.name, shape: entry.shape, type: entry.type, range: start..<start + entry.byteCount)
                } : [],
            dataStart: dataStart
        )
    }

    private mutating func report(_ message: String, tensor: String? = nil) {
        guard findings.count < limits.findingCount else { return }
        findings.append(Finding(.error, message, in: path, tensor: tensor))
    }
}

// MARK: - Metadata

extension GGUFParser {
    /// The value types of the specification.
    private enum ValueType: UInt64 {
        case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

        /// Bytes of one value, or the fewest for a text.
        var width: Int {
            switch self {
            case .uint8, .int8, .bool: 1
            case .uint16, .int16: 2
            case .uint32, .int32, .float32: 4
            case .string, .uint64, .int64, .float64: 8
            case .array: 12
            }
        }
    }

    private mutating func metadata(_ count: Int) async throws -> [String: GGUFValue] {
        var metadata: [String: GGUFValue] = [:]
        for _ in 0..<count {
            let key = try await name("a key")
            let type = try await valueType(key)
            let value = type == .array ? try await array(key) : try await single(type, key)
            if key == "general.alignment", type != .uint32 {
                throw GGUFFault(message: "'general.alignment' must be a 32-bit unsigned integer")
            }
            guard metadata.updateValue(value, forKey: key) == nil else {
                throw GGUFFault(message: "the key '\(key)' stands twice in the header")
            }
        }
        guard case .text = metadata["general.architecture"] else {
            throw GGUFFault(message: "'general.architecture' is missing or no text")
        }
        return metadata
    }

    private mutating func valueType(_ key: String) async throws -> ValueType {
        let number = try await number(4)
        guard let type = ValueType(rawValue: number) else {
            throw GGUFFault(message: "the key '\(key)' has the unknown value type \(number)")
        }
        return type
    }

    private mutating func single(_ type: ValueType, _ key: String) async throws -> GGUFValue {
        if type == .string { return .text(try await text(key)) }
        return try Self.value(type, try await number(type.width), key)
    }

    private mutating func array(_ key: String) async throws -> GGUFValue {
        let type = try await valueType(key)
        guard type != .array else { throw GGUFFault(message: "the key '\(key)' holds arrays in an array") }
        let count = try await count("values of '\(key)'", limit: limits.headerByteCount, smallest: type.width)
        switch type {
        case .string:
            var texts: [[UInt8]] = []
            for _ in 0..<count { texts.append(try await text(key)) }
            return .texts(texts)
        case .float32, .float64:
            return .numbers(try await values(type, count, key) { $0.double })
        case .bool:
            return .bools(try await values(type, count, key) { $0.bool })
        default:
            return .integers(try await values(type, count, key) { $0.int })
        }
    }

    private mutating func values<Value>(
        _ type: ValueType,
        _ count: Int,
        _ key: String,
        _ convert: (GGUFValue) -> Value?
    ) async throws -> [Value] {
        var values: [Value] = []
        for _ in 0..<count {
            if window.available < type.width { try await need(type.width) }
            guard let number = window.number(type.width) else { throw Self.cut }
            if let value = convert(try Self.value(type, number, key)) { values.append(value) }
        }
        return values
    }

    private static func value(_ type: ValueType, _ bits: UInt64, _ key: String) throws(GGUFFault) -> GGUFValue {
        switch type {
        case .uint8, .uint16, .uint32: return .integer(Int(bits))
        case .int8: return .integer(Int(Int8(truncatingIfNeeded: bits)))
        case .int16: return .integer(Int(Int16(truncatingIfNeeded: bits)))
        case .int32: return .integer(Int(Int32(truncatingIfNeeded: bits)))
        case .int64: return .integer(Int(truncatingIfNeeded: bits))
        case .uint64:
            guard let value = Int(exactly: bits) else {
                throw GGUFFault(message: "the key '\(key)' holds \(bits), which is too large")
            }
            return .integer(value)
        case .float32: return .number(Double(Float(bitPattern: UInt32(bits))))
        case .float64: return .number(Double(bitPattern: bits))
        case .bool, .string, .array:
            guard bits <= 1 else {
                throw GGUFFault(message: "the key '\(key)' holds a boolean that is neither 0 nor 1")
            }
            return .bool(bits == 1)
        }
    }

    private func alignment(_ metadata: [String: GGUFValue]) throws(GGUFFault) -> Int {
        guard let alignment = metadata["general.alignment"]?.int else { return 32 }
        guard alignment > 0, alignment <= 1 << 20, alignment & (alignment - 1) == 0 else {
            throw GGUFFault(message: "'general.alignment' is \(alignment); expected a power of two up to 1048576")
        }
        return alignment
    }

    /// Holds the tokenizer's arrays against each other.
    private mutating func checkVocabulary(_ metadata: [String: GGUFValue]) {
        guard let tokens = metadata["tokenizer.ggml.tokens"] else { return }
        guard tokens.texts != nil else {
            return report("'tokenizer.ggml.tokens' is \(tokens.kind), not an array of texts")
        }
        if let types = metadata["tokenizer.ggml.token_type"], types.ints?.count != tokens.count {
            report("'tokenizer.ggml.token_type' does not hold one integer for each of the \(tokens.count) tokens")
        }
        if let scores = metadata["tokenizer.ggml.scores"] {
            if case .numbers(let values) = scores, values.count == tokens.count { return }
            report("'tokenizer.ggml.scores' does not hold one number for each of the \(tokens.count) tokens")
        }
    }
}

// MARK: - Tensors

extension GGUFParser {
    private mutating func entries(_ count: Int, alignment: Int) async throws -> [Entry] {
        var entries: [Entry] = []
        var names: Set<String> = []
        for _ in 0..<count {
            let name = try await name("a tensor")
            guard names.insert(name).inserted else {
                throw GGUFFault(message: "the name stands twice in the header", tensor: name)
            }
            let rank = try await number(4)
            guard rank <= 4 else {
                throw GGUFFault(message: "the tensor has \(rank) dimensions; at most 4 are known", tensor: name)
            }
            var shape: [Int] = []
            for _ in 0..<rank {
                let dimension = try await number(8)
                guard dimension > 0, dimension <= UInt64(Int32.max) << 16 else {
                    throw GGUFFault(message: "the tensor has a dimension of \(dimension)", tensor: name)
                }
                shape.insert(Int(dimension), at: 0)
            }
            let code = try await number(4)
            guard let type = UInt32(exactly: code).flatMap(GGUFType.init) else {
                throw GGUFFault(message: "the tensor has the unknown type \(code)", tensor: name)
            }
            let offset = try await number(8)
            entries.append(try entry(name, shape, type, offset, alignment: alignment))
        }
        return entries
    }

    private func entry(
        _ name: String,
        _ shape: [Int],
        _ type: GGUFType,
        _ offset: UInt64,
        alignment: Int
    ) throws(GGUFFault) -> Entry {
        var elements = 1
        for dimension in shape {
            let (product, overflow) = elements.multipliedReportingOverflow(by: dimension)
            guard !overflow, product <= 1 << 48 else {
                throw GGUFFault(message: "the shape \(shape) has too many elements", tensor: name)
            }
            elements = product
        }
        guard (shape.last ?? 1) % type.blockSize == 0 else {
            throw GGUFFault(
                message: "rows of \(shape.last ?? 1) cannot be stored as \(type), \(type.blockSize) at a time",
                tensor: name)
        }
        let byteCount = elements / type.blockSize * type.blockByteCount
        guard let offset = Int(exactly: offset), offset <= reader.count, byteCount <= reader.count - offset else {
            throw GGUFFault(
                message: "the tensor needs \(byteCount) bytes at offset \(offset), beyond the end of the file",
                tensor: name)
        }
        guard offset.isMultiple(of: alignment) else {
            throw GGUFFault(message: "the offset \(offset) is no multiple of the alignment \(alignment)", tensor: name)
        }
        return Entry(name: name, shape: shape, type: type, offset: offset, byteCount: byteCount)
    }

    /// The tensors must follow each other with nothing but padding between, and end with the file.
    private mutating func checkLayout(_ entries: [Entry], dataStart: Int, alignment: Int) {
        var end = 0
        for entry in entries.sorted(by: { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }) {
            let expected = (end + alignment - 1) / alignment * alignment
            if entry.offset < end {
                report("the tensor starts at offset \(entry.offset), inside the one before it", tensor: entry.name)
            } else if entry.offset != expected {
                report("\(entry.offset - end) bytes before the tensor belong to none", tensor: entry.name)
            }
            end = max(end, entry.offset + entry.byteCount)
            if dataStart > reader.count || entry.offset + entry.byteCount > reader.count - dataStart {
                report("the tensor ends beyond the end of the file", tensor: entry.name)
            }
        }
        let padded = dataStart + (end + alignment - 1) / alignment * alignment
        if reader.count > padded { report("\(reader.count - padded) bytes follow the last tensor") }
    }
}

// MARK: - Bytes

extension GGUFParser {
    private static let cut = GGUFFault(message: "the header is cut short")

    /// Makes `count` bytes available, or throws.
    private mutating func need(_ count: Int) async throws {
        guard count <= window.end - window.position else { throw Self.cut }
        guard window.position + count <= limits.headerByteCount else {
            throw GGUFFault(message: "the header is longer than \(limits.headerByteCount) bytes")
        }
        try await window.fill(count)
    }

    private mutating func bytes(_ count: Int) async throws -> ArraySlice<UInt8> {
        try await need(count)
        guard let bytes = window.take(count) else { throw Self.cut }
        return bytes
    }

    private mutating func number(_ width: Int) async throws -> UInt64 {
        try await need(width)
        guard let number = window.number(width) else { throw Self.cut }
        return number
    }

    /// Reads how many `things` follow, each of at least `smallest` bytes.
    private mutating func count(_ things: String, limit: Int, smallest: Int) async throws -> Int {
        let count = try await number(8)
        guard count <= UInt64(limit), count <= UInt64((window.end - window.position) / smallest) else {
            throw GGUFFault(message: "the header claims \(count) \(things), more than the file can hold")
        }
        return Int(count)
    }

    private mutating func text(_ key: String) async throws -> [UInt8] {
        let count = try await number(8)
        guard count <= UInt64(limits.textByteCount), count <= UInt64(window.end - window.position) else {
            throw GGUFFault(message: "the key '\(key)' claims a text of \(count) bytes, more than the file can hold")
        }
        return Array(try await bytes(Int(count)))
    }

    private mutating func name(_ what: String) async throws -> String {
        let count = try await number(8)
        guard count > 0, count <= UInt64(limits.nameByteCount), count <= UInt64(window.end - window.position) else {
            throw GGUFFault(message: "the name of \(what) claims \(count) bytes; expected 1 to \(limits.nameByteCount)")
        }
        let bytes = Array(try await bytes(Int(count)))
        guard let name = String(validating: bytes, as: UTF8.self), !bytes.contains(where: { $0 < 0x20 }) else {
            throw GGUFFault(message: "the name of \(what), '\(bytes.printable)', is not readable text")
        }
        return name
    }
}
