package import HubCore

/// The header of a safetensors file: every tensor's type, shape and place.
///
/// A header that exists is sound: the tensors lie end to end, in order, and fill the file exactly.
package struct SafetensorsHeader: Sendable {
    /// `__metadata__`, in its order.
    package let metadata: [(key: ByteString, value: ByteString)]

    /// In the order of their bytes.
    package let tensors: [TensorInfo]

    /// Where the data starts: the length word and the JSON with its padding come before.
    package let dataStart: Int

    /// Lays out a file: `tensors` get their bytes in the order given.
    package init(
        metadata: [(key: ByteString, value: ByteString)],
        layingOut tensors: [(name: String, dtype: DType, shape: [Int], byteCount: Int)]
    ) {
        var offset = 0
        let relative = tensors.map { tensor in
            defer { offset += tensor.byteCount }
            return TensorInfo(
                name: tensor.name,
                dtype: tensor.dtype,
                shape: tensor.shape,
                range: offset..<offset + tensor.byteCount
            )
        }
        let dataStart = Self.serialize(metadata: metadata, relative: relative).count
        self.init(metadata: metadata, relative: relative, dataStart: dataStart)
    }

    /// Takes tensors whose ranges count from the start of the data.
    init(metadata: [(key: ByteString, value: ByteString)], relative: [TensorInfo], dataStart: Int) {
        self.metadata = metadata
        self.dataStart = dataStart
        tensors = relative.map { tensor in
            TensorInfo(
                name: tensor.name,
                dtype: tensor.dtype,
                shape: tensor.shape,
                range: dataStart + tensor.range.lowerBound..<dataStart + tensor.range.upperBound
            )
        }
    }

    /// The size of the whole file.
    package var fileSize: Int { tensors.last?.range.upperBound ?? dataStart }

    /// The bytes before the data: length word, JSON, and spaces up to a multiple of eight.
    package var serialized: [UInt8] {
        Self.serialize(
            metadata: metadata,
            relative: tensors.map { tensor in
                TensorInfo(
                    name: tensor.name,
                    dtype: tensor.dtype,
                    shape: tensor.shape,
                    range: tensor.range.lowerBound - dataStart..<tensor.range.upperBound - dataStart
                )
            }
        )
    }

    private static func serialize(
        metadata: [(key: ByteString, value: ByteString)],
        relative: [TensorInfo]
    ) -> [UInt8] {
        var root = JSONObject()
        if !metadata.isEmpty {
            var object = JSONObject()
            for (key, value) in metadata { object.set(key, .string(value)) }
            root.set("__metadata__", .object(object))
        }
        for tensor in relative {
            root.set(
                ByteString(tensor.name),
                .object(
                    JSONObject([
                        "dtype": .string(ByteString(tensor.dtype.rawValue)),
                        "shape": .array(tensor.shape.map(JSONValue.integer)),
                        "data_offsets": .array([.integer(tensor.range.lowerBound), .integer(tensor.range.upperBound)]),
                    ]))
            )
        }
        var text = JSONValue.object(root).compactText
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
        let length = UInt64(text.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + text
    }
}
