package import HubCore

/// The `….safetensors.index.json` of a sharded checkpoint.
package struct ShardIndex: Sendable {
    package let path: String
    package let reader: any ByteReader

    /// The whole document, for what else stands in it.
    package let document: JSONObject

    /// The file each tensor is said to be in.
    package let files: [(tensor: String, file: String)]

    /// The number of bytes of all tensors, if the index says so.
    package let totalSize: Int?

    /// No index in earnest is longer.
    static let limits = JSONLimits(byteCount: 64 << 20, depth: 16, values: 2_000_000)

    /// Reads an index; what is wrong with its form is findings and leaves nothing.
    static func inspect(
        _ reader: any ByteReader,
        path: String
    ) async throws -> (index: ShardIndex?, findings: [Finding]) {
        guard reader.count <= limits.byteCount else {
            return (
                nil, [Finding(.error, "the index has \(reader.count) bytes, more than \(limits.byteCount)", in: path)]
            )
        }
        do {
            let document = try JSONReader.parse(try await reader.read(0..<reader.count), limits: limits)
            return parse(document, reader: reader, path: path)
        } catch let error as JSONError {
            return (nil, [Finding(.error, "the index cannot be read: \(error)", in: path)])
        }
    }

    private static func parse(
        _ document: JSONValue,
        reader: any ByteReader,
        path: String
    ) -> (index: ShardIndex?, findings: [Finding]) {
        guard let root = document.object, let map = root["weight_map"]?.object else {
            return (nil, [Finding(.error, "the index has no object 'weight_map'", in: path)])
        }
        var files: [(tensor: String, file: String)] = []
        var findings: [Finding] = []
        for (key, value) in map.members {
            guard let file = value.string, isPlainFileName(file) else {
                let said = value.string.map { "'\($0.prefix(120))'" } ?? value.kind
                findings.append(
                    Finding(
                        .error,
                        "the index points to \(said); it may name only safetensors files beside it",
                        in: path,
                        tensor: key.string
                    )
                )
                guard findings.count < SafetensorsLimits().findingCount else { break }
                continue
            }
            files.append((key.string, file))
        }
        let index = ShardIndex(
            path: path,
            reader: reader,
            document: root,
            files: files,
            totalSize: root["metadata"]?["total_size"]?.int
        )
        return (findings.isEmpty ? index : nil, findings)
    }

    private static func isPlainFileName(_ name: String) -> Bool {
        CheckpointGroup.isSafetensors(name)
            && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "/" && $0 != "\\" }
    }
}
