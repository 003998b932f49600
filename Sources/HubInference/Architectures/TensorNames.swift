/// What a family calls its tensors.
package struct TensorNames: Sendable {
    /// A linear layer's place in the file.
    struct Projection: Sendable {
        enum Bias: Sendable { case none, required }

        /// Without ".weight" and ".bias".
        var name: String
        var bias: Bias = .none
        /// Which third of the rows, where query, key and value are one matrix.
        var third: Int?
    }

    /// Prefixes under which the model may lie, most usual first.
    var prefixes: [String]
    var embedding: String
    var positions: String?
    /// Before a layer's number.
    var layer: String
    var finalNorm: String
    /// Stands outside the prefix.
    var head = "lm_head.weight"

    var attentionNorm: String
    var query: Projection
    var key: Projection
    var value: Projection
    var output: Projection
    var feedForwardNorm: String
    /// Only where gated.
    var gate: Projection?
    var up: Projection
    var down: Projection
    /// Norms of query and key heads, only where the shape says so.
    var queryNorm = "self_attn.q_norm"
    var keyNorm = "self_attn.k_norm"

    /// Whether linear weights are stored (in, out), as GPT-2's `Conv1D` has them.
    var isTransposed = false
}
