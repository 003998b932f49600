import HubCore

extension SafetensorsHeader {
    /// Reads the JSON of a header; nil, with findings that say why, if anything about it is wrong.
    ///
    /// `dataCount` is the number of bytes in the file after the JSON.
    static func parse(
        json: [UInt8],
        dataCount: Int,
        path: String,
        limits: SafetensorsLimits
    ) -> (header: SafetensorsHeader?, findings: [Finding]) {
        var parser = SafetensorsHeaderParser(dataCount: dataCount, path: path, limits: limits)
        let header = parser.parse(json)
        return (parser.findings.isEmpty ? header : nil, parser.findings)
    }
}

/// Collects what is wrong with one header.
private struct SafetensorsHeaderParser {
    let dataCount: Int
    let path: String
    let limits: SafetensorsLimits
    var findings: [Finding] = []

    init(dataCount: Int, path: String, limits: SafetensorsLimits) {
        self.dataCount = dataCount
        self.path = path
        self.limits = limits
    }

    mutating func parse(_ json: [UInt8]) -> SafetensorsHeader? {
        guard let root = object(json) else { return nil }
        var metadata: [(key: ByteString, value: ByteString)] = []
        var tensors: [TensorInfo] = []
        var names: Set<String> = []
        for (key, value) in root.members {
            guard findings.count < limits.findingCount else { break }
            if key == "__metadata__" {
                metadata = self.metadata(value)
            } else if let tensor = tensor(key, value) {
                if !names.insert(tensor.name).inserted {
                    refuse("the name differs from another tensor's only in its Unicode composition", tensor.name)
                }
                tensors.append(tensor)
            }
        }
        if findings.isEmpty {
            tensors.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
            checkLayout(tensors)
        }
        return SafetensorsHeader(metadata: metadata, relative: tensors, dataStart: 8 + json.count)
    }

    private mutating func object(_ json: [UInt8]) -> JSONObject? {
        guard json.first == UInt8(ascii: "{") else {
            refuse("the header does not start with '{'")
            return nil
        }
        guard let end = json.lastIndex(of: UInt8(ascii: "}")), json[(end + 1)...].allSatisfy({ $0 == 0x20 }) else {
            refuse("the header is not JSON padded with spaces")
            return nil
        }
        do {
            // A tensor is about a dozen values: the object, its members and their elements.
            let limits = JSONLimits(byteCount: limits.headerByteCount, depth: 4, values: limits.tensorCount * 16)
            guard case .object(let root) = try JSONReader.parse(json, limits: limits) else { return nil }
            guard root.count <= self.limits.tensorCount else {
                refuse("the header names \(root.count) tensors, more than \(self.limits.tensorCount)")
                return nil
            }
            return root
        } catch {
            refuse("the header cannot be read: \(error)")
            return nil
        }
    }

    private mutating func metadata(_ value: JSONValue) -> [(key: ByteString, value: ByteString)] {
        guard let object = value.object else {
            refuse("'__metadata__' is \(value.kind), not an object")
            return []
        }
        return object.members.compactMap { key, value in
            guard let text = value.byteString else {
                refuse("'__metadata__' holds \(value.kind) under '\(key.string.prefix(80))'; it may hold only strings")
                return nil
            }
            return (key, text)
        }
    }

    private mutating func tensor(_ key: ByteString, _ value: JSONValue) -> TensorInfo? {
        let name = key.string
        guard !key.bytes.isEmpty, key.bytes.count <= limits.nameByteCount,
            key.bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else {
            refuse("a tensor's name is empty, too long or holds control characters", printable(key))
            return nil
        }
        guard let object = value.object else {
            refuse("the entry is \(value.kind), not an object", name)
            return nil
        }
        for member in object.keys where !["dtype", "shape", "data_offsets"].contains(member) {
            refuse("the entry holds an unknown key '\(printable(member))'", name)
            return nil
        }
        guard let dtype = dtype(object["dtype"], name), let shape = shape(object["shape"], name),
            let range = range(object["data_offsets"], name), sizeMatches(dtype, shape, range, name)
        else { return nil }
        return TensorInfo(name: name, dtype: dtype, shape: shape, range: range)
    }

    private mutating func dtype(_ value: JSONValue?, _ name: String) -> DType? {
        guard let text = value?.byteString else {
            refuse("'dtype' is missing or no string", name)
            return nil
        }
        guard let dtype = DType(rawValue: text.string) else {
            refuse("'\(printable(text))' is not a dtype of safetensors", name)
            return nil
        }
        return dtype
    }

    private mutating func shape(_ value: JSONValue?, _ name: String) -> [Int]? {
        guard let array = value?.array, array.count <= limits.rank else {
            refuse("'shape' is missing, no array or has more than \(limits.rank) dimensions", name)
            return nil
        }
        return dimensions(array, "shape", name)
    }

    private mutating func range(_ value: JSONValue?, _ name: String) -> Range<Int>? {
        guard let array = value?.array, array.count == 2 else {
            refuse("'data_offsets' is missing or no pair of numbers", name)
            return nil
        }
        guard let offsets = dimensions(array, "data_offsets", name) else { return nil }
        guard offsets[0] <= offsets[1] else {
            refuse("its data ends at \(offsets[1]), before it starts at \(offsets[0])", name)
            return nil
        }
        guard offsets[1] <= dataCount else {
            refuse("its data ends at \(offsets[1]), but the file holds only \(dataCount) bytes of data", name)
            return nil
        }
        return offsets[0]..<offsets[1]
    }

    private mutating func dimensions(_ array: [JSONValue], _ key: String, _ name: String) -> [Int]? {
        var numbers: [Int] = []
        for element in array {
            guard case .integer(let number) = element, number >= 0 else {
                refuse("'\(key)' holds something that is not a whole number from 0 to 2^63", name)
                return nil
            }
            numbers.append(number)
        }
        return numbers
    }

    private mutating func sizeMatches(_ dtype: DType, _ shape: [Int], _ range: Range<Int>, _ name: String) -> Bool {
        var bits = dtype.bitCount
        var overflows = false
        // A zero anywhere makes the product zero, but must not hide an overflow before it.
        for dimension in shape where dimension > 0 {
            let (product, overflow) = bits.multipliedReportingOverflow(by: dimension)
            bits = product
            overflows = overflows || overflow
        }
        guard !overflows else {
            refuse("the product of its shape \(shape) overflows", name)
            return false
        }
        if shape.contains(0) { bits = 0 }
        guard bits % 8 == 0 else {
            refuse("\(dtype) \(shape) does not fill whole bytes", name)
            return false
        }
        guard bits / 8 == range.count else {
            refuse("\(dtype) \(shape) needs \(bits / 8) bytes, but its data has \(range.count)", name)
            return false
        }
        return true
    }

    /// Tensors must lie end to end from the first byte to the last: whatever hides between them is refused.
    private mutating func checkLayout(_ tensors: [TensorInfo]) {
        var end = 0
        var previous = ""
        for tensor in tensors {
            guard findings.count < limits.findingCount else { return }
            if tensor.range.lowerBound > end {
                refuse("\(tensor.range.lowerBound - end) bytes before its data belong to no tensor", tensor.name)
            } else if tensor.range.lowerBound < end {
                refuse("its data overlaps that of '\(previous)'", tensor.name)
            }
            end = max(end, tensor.range.upperBound)
            previous = tensor.name
        }
        guard end < dataCount else { return }
        refuse(
            "\(dataCount - end) bytes follow the last tensor; a safetensors file ends with its data",
            tensors.last?.name
        )
    }

    private mutating func refuse(_ message: String, _ tensor: String? = nil) {
        findings.append(Finding(.error, message, in: path, tensor: tensor))
    }

    private func printable(_ text: ByteString) -> String {
        String(String.UnicodeScalarView(text.string.unicodeScalars.prefix(80).map { $0.value < 0x20 ? "?" : $0 }))
    }
}
