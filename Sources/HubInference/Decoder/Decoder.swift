import CHubKernels

/// A model with the buffers and threads to run it; for one caller at a time.
///
/// Activations lie in panels of 32 tokens, [panel][feature][32]; lanes past the last token are computed along and
/// never read. Results do not depend on the number of threads.
package final class Decoder {
    package let model: LanguageModel

    /// The longest input ``pass(_:)`` takes.
    package let window: Int

    let pool: ThreadPool
    let path: Int32
    let interruption: Interruption

    let stream: FloatBuffer  // (panels, hidden, 32)
    let normed: FloatBuffer  // (panels, hidden, 32)
    let query: FloatBuffer  // (panels, heads * headSize, 32)
    let key: FloatBuffer  // (panels, keyValueHeads * headSize, 32)
    let value: FloatBuffer  // (panels, keyValueHeads * headSize, 32)
    let attended: FloatBuffer  // (panels, heads * headSize, 32)
    let gate: FloatBuffer  // (panels, feedForward, 32)
    let up: FloatBuffer  // (panels, feedForward, 32), empty unless gated
    let turns: FloatBuffer  // (panels, headSize / 2, 2, 32), empty unless rotary
    let scores: [FloatBuffer]  // per worker ((panels * 32 + headSize) * 32)

    static let lanes = Int(HUB_INFERENCE_LANES)

    /// Rows of weights a worker takes at a time; the tiles of all kernels divide it.
    static let grain = 48

    package init(
        _ model: LanguageModel,
        _ options: DecoderOptions = DecoderOptions(),
        _ interruption: Interruption = Interruption()
    ) throws(InferenceError) {
        let shape = model.shape
        let panels = max(1, (min(options.window, shape.positions) + Self.lanes - 1) / Self.lanes)
        let threads = min(64, max(1, options.threads))
        let tokens = panels * Self.lanes
        let up = shape.isGated ? shape.feedForward : 0
        let turns = shape.rotary == nil ? 0 : shape.headSize
        let width = 2 * shape.hidden + 2 * shape.queryWidth + 2 * shape.keyWidth + shape.feedForward + up + turns
        let scores = (tokens + shape.headSize) * Self.lanes
        let bytes = (width * tokens + threads * scores) * MemoryLayout<Float>.size
        guard bytes <= options.memoryLimit else {
            throw .tooLarge("\(tokens) tokens need \(bytes) bytes of memory, more than \(options.memoryLimit)")
        }
        self.model = model
        self.interruption = interruption
        path = options.path.rawValue
        window = min(tokens, shape.positions)
        pool = try ThreadPool(threads: threads)
        stream = try FloatBuffer(tokens * shape.hidden)
        normed = try FloatBuffer(tokens * shape.hidden)
        query = try FloatBuffer(tokens * shape.queryWidth)
        key = try FloatBuffer(tokens * shape.keyWidth)
        value = try FloatBuffer(tokens * shape.keyWidth)
        attended = try FloatBuffer(tokens * shape.queryWidth)
        gate = try FloatBuffer(tokens * shape.feedForward)
        self.up = try FloatBuffer(tokens * up)
        self.turns = try FloatBuffer(tokens * turns)
        var buffers: [FloatBuffer] = []
        for _ in 0..<threads { buffers.append(try FloatBuffer(scores)) }
        self.scores = buffers
        fillTurns(panels: panels)
    }

    private func fillTurns(panels: Int) {
        guard let rotary = model.shape.rotary else { return }
        let (lanes, half) = (Self.lanes, model.shape.headSize / 2)
        for panel in 0..<panels {
            for pair in 0..<half {
                let start = turns[from: (panel * half + pair) * 2 * lanes]
                for lane in 0..<lanes {
                    let turn = rotary.turn(pair: pair, position: panel * lanes + lane)
                    start[lane] = turn.cosine
                    start[lane + lanes] = turn.sine
                }
            }
        }
    }

    /// Throws unless every token is one of the model's and there are at most `limit`.
    func check(_ tokens: [Int32], limit: Int) throws(InferenceError) {
        guard tokens.count <= limit else { throw .tooLarge("\(tokens.count) tokens, more than \(limit)") }
        guard tokens.allSatisfy({ $0 >= 0 && Int($0) < model.shape.vocabulary }) else {
            throw .invalid("the tokenizer knows tokens that the model's embedding lacks", path: "tokenizer.json")
        }
    }
}
