import HubCore
import HubTensors

/// The safetensors files of a model, and the matrices in them.
///
/// Mapped files are used where they lie. Of other readers a tensor is read into memory when it is asked for.
struct WeightFiles {
    private let checkpoint: Checkpoint
    private var mapped: [String: WeightStorage] = [:]
    private var unusedMemory: Int

    /// Reads the headers of the checkpoint at the top of `files`: what lies in a folder is another model.
    init(_ files: [String: any ByteReader], _ options: LoadOptions) async throws {
        let top = files.filter { !$0.key.contains("/") }
        let groups = try await Checkpoint.groups(in: top)
        guard let group = groups.first(where: { $0.name == "model" }) else {
            throw InferenceError.missingFile("model.safetensors")
        }
        checkpoint = try await Checkpoint.open(group, of: top)
        unusedMemory = options.memoryLimit
        for file in checkpoint.files {
            if let mapping = file.reader as? MappedFile { mapped[file.path] = WeightStorage(mapping) }
        }
    }

    func contains(_ name: String) -> Bool { checkpoint[name] != nil }

    /// The matrix called `name`, which must have this shape.
    mutating func matrix(_ name: String, rows: Int, columns: Int) async throws -> Matrix {
        try await tensor(name, shape: [rows, columns], rows: rows, columns: columns)
    }

    /// Counts bytes that are about to be taken for weights.
    mutating func reserve(_ byteCount: Int) throws(InferenceError) {
        guard byteCount <= unusedMemory else {
            throw .tooLarge("the weights need more memory than the limit allows")
        }
        unusedMemory -= byteCount
    }

    /// The vector called `name`, widened.
    mutating func vector(_ name: String, count: Int) async throws -> [Float] {
        try await tensor(name, shape: [count], rows: 1, columns: count).widened()
    }

    private mutating func tensor(_ name: String, shape: [Int], rows: Int, columns: Int) async throws -> Matrix {
        guard let tensor = checkpoint[name] else {
            throw InferenceError.invalid(
                "the configuration asks for a tensor that is not there",
                path: checkpoint.files.first?.path ?? "model.safetensors", tensor: name)
        }
        guard tensor.info.shape == shape else {
            throw InferenceError.invalid(
                "its shape is \(tensor.info.shape), and the configuration asks for \(shape)",
                path: tensor.path, tensor: name)
        }
        guard let type = StoredType(tensor.info.dtype) else {
            throw InferenceError.unsupported(
                "'\(name)' is \(tensor.info.dtype); this hub runs F32, BF16 and F16", path: tensor.path)
        }
        if let storage = mapped[tensor.path] {
            let start = tensor.info.range.lowerBound
            return Matrix(storage, offset: start, rows: rows, columns: columns, type: type)
        }
        try reserve(tensor.info.byteCount)
        let storage = try await WeightStorage(tensor.reader, tensor.info.range)
        return Matrix(storage, offset: 0, rows: rows, columns: columns, type: type)
    }
}
