/// Gain and shift of a norm; the shift of an RMS norm is empty.
struct NormWeights: Sendable {
    var weight: [Float]  // (size)
    var bias: [Float]  // (size)
}

/// y = W x + b.
struct Linear: Sendable {
    var matrix: Matrix  // (out, in)
    var bias: [Float]?  // (out)
}

/// The weights of one layer.
struct LayerWeights: Sendable {
    var attentionNorm: NormWeights
    var query: Linear  // (heads * headSize, hidden)
    var key: Linear  // (keyValueHeads * headSize, hidden)
    var value: Linear  // (keyValueHeads * headSize, hidden)
    var queryNorm: [Float]?  // (headSize)
    var keyNorm: [Float]?  // (headSize)
    var output: Linear  // (hidden, heads * headSize)
    var feedForwardNorm: NormWeights
    var gate: Linear?  // (feedForward, hidden)
    var up: Linear  // (feedForward, hidden)
    var down: Linear  // (hidden, feedForward)
}

/// All weights of a decoder.
struct DecoderWeights: Sendable {
    var embedding: Matrix  // (vocabulary, hidden)
    var positions: Matrix?  // (positions, hidden)
    var layers: [LayerWeights]
    var finalNorm: NormWeights
    var head: Matrix  // (vocabulary, hidden)
}
