/// Which files are kept as large files, as `.gitattributes` says it.
package enum LargeFileRules {
    /// What git-lfs puts after a pattern.
    static let attributes = "filter=lfs diff=lfs merge=lfs -text"

    /// Kept as large files in every new repository: weights, archives and data, by the usual endings.
    private static let patterns = [
        "*.7z", "*.arrow", "*.bin", "*.bz2", "*.ckpt", "*.ftz", "*.gguf", "*.gz", "*.h5", "*.joblib", "*.lfs.*",
        "*.mlmodel", "*.model", "*.msgpack", "*.npy", "*.npz", "*.onnx", "*.ot", "*.parquet", "*.pb", "*.pickle",
        "*.pkl", "*.pt", "*.pth", "*.rar", "*.safetensors", "saved_model/**/*", "*.tar", "*.tar.*", "*.tflite",
        "*.tgz", "*.wasm", "*.xz", "*.zip", "*.zst", "*tfevents*",
    ]

    /// The `.gitattributes` of a new repository.
    package static var initialText: String { patterns.map { "\($0) \(attributes)\n" }.joined() }

    /// A binary file longer than this becomes a large file whatever its name.
    package static let binaryLimit = 5 << 20

    /// Any file longer than this becomes a large file.
    package static let limit = 10 << 20

    /// How many bytes git looks at to tell text from binary.
    private static let sampleSize = 8000

    /// Whether a file without a rule of its own should get one.
    static func wantsRule(_ path: String, size: Int) throws -> Bool {
        guard size > binaryLimit else { return false }
        guard size <= limit else { return true }
        var sample: [UInt8] = []
        try PlainFile(reading: path).forEachPiece { piece in
            if sample.isEmpty { sample = Array(piece.prefix(sampleSize)) }
        }
        return sample.contains(0)
    }

    /// The line that makes exactly the file `path` a large file.
    static func line(for path: String) -> String {
        var pattern = "/"
        for character in path {
            if "*?[\\!#".contains(character) { pattern.append("\\") }
            pattern.append(character == " " ? "?" : character)
        }
        return "\(pattern) \(attributes)\n"
    }
}
