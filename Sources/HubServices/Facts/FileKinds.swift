/// What the names of a revision's files tell.
enum FileKinds {
    /// Libraries that can load the files, in the order the tags have.
    static func frameworks(among paths: some Sequence<String>) -> [String] {
        let found = Set(paths.compactMap(framework))
        return ["pytorch", "tf", "jax", "onnx", "safetensors", "gguf"].filter(found.contains)
    }

    private static func framework(of path: String) -> String? {
        let name = path.lowercased()
        let file = name.split(separator: "/").last ?? ""
        if file.hasSuffix(".safetensors") { return "safetensors" }
        if file.hasSuffix(".gguf") { return "gguf" }
        if file.hasSuffix(".onnx") { return "onnx" }
        if file.hasPrefix("pytorch_model"), file.hasSuffix(".bin") { return "pytorch" }
        if file.hasPrefix("tf_model"), file.hasSuffix(".h5") { return "tf" }
        if file.hasPrefix("flax_model"), file.hasSuffix(".msgpack") { return "jax" }
        return nil
    }

    /// The forms of data among the files of a dataset.
    static func dataFormats(among paths: some Sequence<String>) -> [String] {
        let known = [
            "parquet": "parquet", "json": "json", "jsonl": "json", "csv": "csv", "tsv": "csv", "arrow": "arrow",
            "txt": "text", "tar": "webdataset",
        ]
        var found: Set<String> = []
        for path in paths {
            guard let dot = path.lastIndex(of: "."), !path.hasPrefix("."), !path.hasSuffix("config.json") else {
                continue
            }
            if let format = known[path[path.index(after: dot)...].lowercased()] { found.insert(format) }
        }
        return found.sorted()
    }
}

/// Links to arXiv in a text.
enum PaperLinks {
    /// Their identifiers, such as `1910.09700`, each once, in the order they come.
    static func identifiers(in text: String) -> [String] {
        var found: [String] = []
        for start in ["arxiv.org/abs/", "arxiv.org/pdf/"] {
            for part in text.split(separator: start).dropFirst() {
                guard let identifier = identifier(at: part), !found.contains(identifier) else { continue }
                found.append(identifier)
                if found.count == limit { return found }
            }
        }
        return found
    }

    private static let limit = 50

    private static func identifier(at text: Substring) -> String? {
        let head = text.utf8.prefix(10)
        let month = head.prefix(while: isDigit)
        let rest = head.dropFirst(month.count)
        guard month.count == 4, rest.first == UInt8(ascii: ".") else { return nil }
        let number = rest.dropFirst().prefix(while: isDigit)
        guard (4...5).contains(number.count) else { return nil }
        return String(decoding: Array(month) + [UInt8(ascii: ".")] + Array(number), as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
