/// What a file's name promises.
enum FileName {
    private static let pickles: Set<String> = ["dill", "joblib", "pickle", "pkl", "pt", "pth"]

    private static let data: Set<String> = pickles.union([
        "arrow", "bin", "ckpt", "csv", "gguf", "ggml", "h5", "jpeg", "jpg", "json", "jsonl", "keras", "llamafile", "md",
        "model", "msgpack", "npy", "npz", "onnx", "parquet", "pb", "png", "safetensors", "tflite", "tsv", "txt",
        "weights", "yaml", "yml",
    ])

    private static let packed: Set<String> = ["gz", "z", "zlib"]

    /// Whether a loader would unpickle a file of this name.
    static func promisesPickle(_ name: String) -> Bool { pickles.contains(suffix(name)) }

    /// Whether nobody would expect a program under this name.
    static func promisesData(_ name: String) -> Bool { data.contains(suffix(name)) }

    /// The last part of a path, without the suffix that a compressor added.
    static func unpacked(_ path: String) -> String {
        let name = String(path.split(separator: "/").last ?? "")
        let suffix = suffix(name)
        return packed.contains(suffix) ? String(name.dropLast(suffix.count + 1)) : name
    }

    /// Whether an archive member of this name would be unpacked outside the folder meant for it.
    static func escapes(_ name: String) -> Bool {
        let parts = name.split(omittingEmptySubsequences: false) { $0 == "/" || $0 == "\\" }
        return parts.first == "" && parts.count > 1 || parts.contains("..") || parts.first?.last == ":"
    }

    private static func suffix(_ name: String) -> String {
        let last = name.split(separator: "/").last ?? ""
        guard let dot = last.lastIndex(of: ".") else { return "" }
        return last[last.index(after: dot)...].lowercased()
    }
}
