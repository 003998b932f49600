/// Finds a decoder's weights in its files by the names and shapes its family gives them.
struct WeightLoader {
    private let names: TensorNames
    private let shape: DecoderShape
    private var files: WeightFiles
    private let prefix: String

    /// The matrix cut into query, key and value of the layer at hand.
    private var fused: (name: String, matrix: Matrix)?

    /// Elements of all tensors handed out, each tensor counted once.
    private(set) var parameters = 0
    private var counted: Set<String> = []

    init(names: TensorNames, shape: DecoderShape, files: WeightFiles) throws(InferenceError) {
        self.names = names
        self.shape = shape
        self.files = files
        guard let prefix = names.prefixes.first(where: { files.contains($0 + names.embedding) }) else {
            throw .invalid(
                "the tensor '\(names.prefixes[0])\(names.embedding)' is missing", path: "model.safetensors")
        }
        self.prefix = prefix
    }

    mutating func load() async throws -> DecoderWeights {
        let embedding = try await matrix(prefix + names.embedding, rows: shape.vocabulary, columns: shape.hidden)
        var positions: Matrix?
        if let name = names.positions {
            positions = try await matrix(prefix + name, rows: shape.positions, columns: shape.hidden)
        }
        var layers: [LayerWeights] = []
        for index in 0..<shape.layers { layers.append(try await layer("\(prefix)\(names.layer)\(index).")) }
        let finalNorm = try await norm(prefix + names.finalNorm)
        var head = embedding
        // A model that says it is untied but has no matrix of its own is tied all the same.
        if !shape.isTied, files.contains(names.head) {
            head = try await matrix(names.head, rows: shape.vocabulary, columns: shape.hidden)
        }
        return DecoderWeights(
            embedding: embedding, positions: positions, layers: layers, finalNorm: finalNorm, head: head)
    }

    private mutating func layer(_ prefix: String) async throws -> LayerWeights {
        let (hidden, queries, keys, wide) = (shape.hidden, shape.queryWidth, shape.keyWidth, shape.feedForward)
        return LayerWeights(
            attentionNorm: try await norm(prefix + names.attentionNorm),
            query: try await linear(prefix, names.query, rows: queries, columns: hidden),
            key: try await linear(prefix, names.key, rows: keys, columns: hidden),
            value: try await linear(prefix, names.value, rows: keys, columns: hidden),
            queryNorm: shape.normsHeads ? try await vector("\(prefix)\(names.queryNorm).weight", shape.headSize) : nil,
            keyNorm: shape.normsHeads ? try await vector("\(prefix)\(names.keyNorm).weight", shape.headSize) : nil,
            output: try await linear(prefix, names.output, rows: hidden, columns: queries),
            feedForwardNorm: try await norm(prefix + names.feedForwardNorm),
            gate: try await gate(prefix, rows: wide, columns: hidden),
            up: try await linear(prefix, names.up, rows: wide, columns: hidden),
            down: try await linear(prefix, names.down, rows: hidden, columns: wide)
        )
    }

    private mutating func gate(_ prefix: String, rows: Int, columns: Int) async throws -> Linear? {
        guard shape.isGated, let gate = names.gate else { return nil }
        return try await linear(prefix, gate, rows: rows, columns: columns)
    }

    private mutating func norm(_ name: String) async throws -> NormWeights {
        let weight = try await vector("\(name).weight", shape.hidden)
        let bias = shape.norm == .layer ? try await vector("\(name).bias", shape.hidden) : []
        return NormWeights(weight: weight, bias: bias)
    }

    private mutating func linear(
        _ prefix: String,
        _ projection: TensorNames.Projection,
        rows: Int,
        columns: Int
    ) async throws -> Linear {
        let name = prefix + projection.name
        guard let third = projection.third else {
            let matrix = try await stored("\(name).weight", rows: rows, columns: columns)
            return Linear(matrix: matrix, bias: try await bias("\(name).bias", projection.bias, count: rows))
        }
        if fused?.name != name {
            fused = (name, try await stored("\(name).weight", rows: 3 * rows, columns: columns))
        }
        guard let fused else { throw InferenceError.missingFile(name) }
        let range = third * rows..<(third + 1) * rows
        let bias = try await bias("\(name).bias", projection.bias, count: 3 * rows)
        return Linear(matrix: fused.matrix.slice(range), bias: bias.map { Array($0[range]) })
    }

    /// A linear weight as (out, in), turned if the family stores it the other way.
    private mutating func stored(_ name: String, rows: Int, columns: Int) async throws -> Matrix {
        guard names.isTransposed else { return try await matrix(name, rows: rows, columns: columns) }
        let matrix = try await matrix(name, rows: columns, columns: rows)
        try files.reserve(rows * columns * matrix.type.byteCount)
        return matrix.transposed()
    }

    private mutating func bias(
        _ name: String,
        _ rule: TensorNames.Projection.Bias,
        count: Int
    ) async throws -> [Float]? {
        switch rule {
        case .none: nil
        case .required: try await vector(name, count)
        }
    }

    private mutating func matrix(_ name: String, rows: Int, columns: Int) async throws -> Matrix {
        tally(name, rows * columns)
        return try await files.matrix(name, rows: rows, columns: columns)
    }

    private mutating func vector(_ name: String, _ count: Int) async throws -> [Float] {
        tally(name, count)
        return try await files.vector(name, count: count)
    }

    private mutating func tally(_ name: String, _ count: Int) {
        if counted.insert(name).inserted { parameters += count }
    }
}
