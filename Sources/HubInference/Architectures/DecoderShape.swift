/// Everything about a decoder's arithmetic that is not a weight.
///
/// One transformer covers all families; a family is a way to fill in this description.
package struct DecoderShape: Sendable, Hashable {
    package enum Norm: Sendable { case layer, rms }

    package enum Activation: String, Sendable {
        case geluTanh, gelu, silu

        /// By the name Transformers gives it; nil if unknown.
        init?(named name: String) {
            switch name {
            case "gelu_new", "gelu_pytorch_tanh", "gelu_fast": self = .geluTanh
            case "gelu": self = .gelu
            case "silu", "swish": self = .silu
            default: return nil
            }
        }
    }

    package var vocabulary: Int
    package var hidden: Int
    package var heads: Int
    /// Divides `heads`; query head h reads key and value head h / (heads / keyValueHeads).
    package var keyValueHeads: Int
    package var headSize: Int
    package var feedForward: Int
    /// The longest input.
    package var positions: Int

    package var norm: Norm
    package var epsilon: Float
    /// Nil where positions are learned.
    package var rotary: RotaryPositions?
    package var scoreScale: Float
    /// Per layer: how many tokens one sees, itself included; nil for all before it.
    package var windows: [Int?]
    package var activation: Activation
    /// Whether the feed-forward multiplies an activated gate with a second projection.
    package var isGated: Bool
    /// Whether queries and keys are normed per head before they are rotated.
    package var normsHeads = false
    /// Whether the output reads the embedding when it has no matrix of its own.
    package var isTied: Bool

    package var layers: Int { windows.count }
    package var queryWidth: Int { heads * headSize }
    package var keyWidth: Int { keyValueHeads * headSize }
}

extension DecoderShape {
    /// What any configuration may ask for, checked before anything is allocated.
    enum Limit {
        static let hidden = 1...65_536
        static let feedForward = 1...1_048_576
        static let layers = 1...1024
        static let heads = 1...1024
        static let headSize = 1...1024
        static let vocabulary = 1...4_194_304
        static let positions = 1...268_435_456
        static let epsilon = 0.0...1.0
    }

    /// Throws unless the numbers fit each other.
    func check() throws(InferenceError) {
        func fail(_ message: String) -> InferenceError { .invalid(message, path: Configuration.path) }
        guard Limit.headSize.contains(headSize) else { throw fail("the head size is \(headSize)") }
        guard heads % keyValueHeads == 0 else {
            throw fail("\(heads) heads cannot share \(keyValueHeads) key and value heads")
        }
        guard rotary == nil || headSize % 2 == 0 else {
            throw fail("rotary positions need an even head size, not \(headSize)")
        }
        guard queryWidth <= 4 * Limit.hidden.upperBound else {
            throw fail("\(heads) heads of \(headSize) are too wide")
        }
    }
}
