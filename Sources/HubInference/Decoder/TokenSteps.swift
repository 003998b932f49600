import CHubKernels

/// One token at a time, with the keys and values of those before it kept.
final class TokenSteps {
    let decoder: Decoder
    let shape: DecoderShape
    let keys: [FloatBuffer]  // per layer (length, keyValueHeads * headSize)
    let values: [FloatBuffer]  // per layer (length, keyValueHeads * headSize)
    let stream: FloatBuffer  // (hidden)
    let normed: FloatBuffer  // (hidden)
    let query: FloatBuffer  // (heads * headSize)
    let attended: FloatBuffer  // (heads * headSize)
    let gate: FloatBuffer  // (feedForward)
    let up: FloatBuffer  // (feedForward)
    let sum: FloatBuffer  // (hidden)
    let scores: [FloatBuffer]  // per worker (length)
    let logits: FloatBuffer  // (vocabulary)

    /// Rows a worker takes at a time.
    static let grain = 96

    init(_ decoder: Decoder, length: Int) throws(InferenceError) {
        self.decoder = decoder
        shape = decoder.model.shape
        let bytes = 2 * shape.layers * length * shape.keyWidth * MemoryLayout<Float>.size
        guard bytes <= Self.cacheLimit else { throw .tooLarge("keeping \(length) tokens needs \(bytes) bytes") }
        func buffers(_ number: Int, _ count: Int) throws(InferenceError) -> [FloatBuffer] {
            var all: [FloatBuffer] = []
            for _ in 0..<number { all.append(try FloatBuffer(count)) }
            return all
        }
        keys = try buffers(shape.layers, length * shape.keyWidth)
        values = try buffers(shape.layers, length * shape.keyWidth)
        stream = try FloatBuffer(shape.hidden)
        normed = try FloatBuffer(shape.hidden)
        query = try FloatBuffer(shape.queryWidth)
        attended = try FloatBuffer(shape.queryWidth)
        gate = try FloatBuffer(shape.feedForward)
        up = try FloatBuffer(shape.feedForward)
        sum = try FloatBuffer(max(shape.hidden, shape.headSize))
        scores = try buffers(decoder.pool.count, length)
        logits = try FloatBuffer(shape.vocabulary)
    }

    /// Bytes of kept keys and values at most.
    private static let cacheLimit = 4 << 30

    /// Takes in the first tokens, a window of them at once and the rest one by one; the logits after the last.
    func start(_ prompt: [Int32]) throws -> FloatBuffer? {
        guard !prompt.isEmpty else { return nil }
        let together = min(prompt.count, decoder.window)
        let panels = (together + Decoder.lanes - 1) / Decoder.lanes
        try decoder.pass(Array(prompt.prefix(together))) { layer in
            keep(decoder.key, in: keys[layer], tokens: together, panels: panels)
            keep(decoder.value, in: values[layer], tokens: together, panels: panels)
        }
        copyLane(of: decoder.normed, token: together - 1)
        guard together < prompt.count else { return predict() }
        var last: FloatBuffer?
        for position in together..<prompt.count {
            last = try step(prompt[position], at: position, wantsLogits: position == prompt.count - 1)
        }
        return last
    }

    /// Turns panels (panels, keyWidth, 32) into rows (tokens, keyWidth).
    private func keep(_ source: FloatBuffer, in target: FloatBuffer, tokens: Int, panels: Int) {
        let (width, lanes) = (shape.keyWidth, Decoder.lanes)
        decoder.pool.forEach(panels, grain: 1) { range, _ in
            for panel in range {
                let panelStart = source[from: panel * width * lanes]
                for lane in 0..<min(lanes, tokens - panel * lanes) {
                    let row = target[from: (panel * lanes + lane) * width]
                    for feature in 0..<width { row[feature] = panelStart[feature * lanes + lane] }
                }
            }
        }
    }

    /// normed = the hidden state of one token among panels (panels, hidden, 32).
    private func copyLane(of source: FloatBuffer, token: Int) {
        let start = source[from: token / Decoder.lanes * shape.hidden * Decoder.lanes]
        for feature in 0..<shape.hidden {
            normed.start[feature] = start[feature * Decoder.lanes + token % Decoder.lanes]
        }
    }

    /// Passes one token through all layers; its logits if wanted.
    func step(_ token: Int32, at position: Int, wantsLogits: Bool) throws -> FloatBuffer? {
        let weights = decoder.model.weights
        let hidden = shape.hidden
        hub_inference_widen(weights.embedding.stored, Int(token) * hidden, hidden, stream.start)
        if let table = weights.positions {
            hub_inference_widen(table.stored, position * hidden, hidden, sum.start)
            for index in 0..<hidden { stream.start[index] += sum.start[index] }
        }
        for (index, layer) in weights.layers.enumerated() {
            try decoder.interruption.check()
            norm(layer.attentionNorm)
            let key = keys[index][from: position * shape.keyWidth]
            multiply(
                [
                    (layer.query, query.start), (layer.key, key),
                    (layer.value, values[index][from: position * shape.keyWidth]),
                ], normed)
            turn(query.start, heads: shape.heads, norm: layer.queryNorm, position: position)
            turn(key, heads: shape.keyValueHeads, norm: layer.keyNorm, position: position)
            attend(layer: index, position: position)
            add(layer.output, of: attended)
            norm(layer.feedForwardNorm)
            widen(layer)
            add(layer.down, of: gate)
        }
        guard wantsLogits else { return nil }
        norm(weights.finalNorm)
        return predict()
    }

    /// logits = head normed.
    private func predict() -> FloatBuffer {
        multiply([(Linear(matrix: decoder.model.weights.head, bias: nil), logits.start)], normed)
        return logits
    }

    private func norm(_ weights: NormWeights) {
        let (x, y) = (stream.start, normed.start)
        switch shape.norm {
        case .rms: hub_inference_rms_norm_token(decoder.path, x, weights.weight, shape.epsilon, y, shape.hidden)
        case .layer:
            hub_inference_layer_norm_token(
                decoder.path, x, weights.weight, weights.bias, shape.epsilon, y, shape.hidden)
        }
    }

    /// Each target = W x + b, as one loop over the rows of all.
    private func multiply(_ parts: [(Linear, UnsafeMutablePointer<Float>)], _ x: FloatBuffer) {
        decoder.pool.forEach(parts.reduce(0) { $0 + $1.0.matrix.rows }, grain: Self.grain) { range, _ in
            var start = 0
            for (linear, target) in parts {
                let rows = range.clamped(to: start..<start + linear.matrix.rows)
                self.multiply(linear, rows.lowerBound - start..<rows.upperBound - start, x, target)
                start += linear.matrix.rows
            }
        }
    }

    private func multiply(_ linear: Linear, _ rows: Range<Int>, _ x: FloatBuffer, _ y: UnsafeMutablePointer<Float>) {
        guard !rows.isEmpty else { return }
        precondition(linear.matrix.columns <= x.count && rows.upperBound <= linear.matrix.rows)
        hub_inference_matvec(decoder.path, linear.matrix.stored, rows.lowerBound, rows.upperBound, x.start, y)
        guard let bias = linear.bias else { return }
        for row in rows { y[row] += bias[row] }
    }

    private func turn(_ x: UnsafeMutablePointer<Float>, heads: Int, norm: [Float]?, position: Int) {
        let half = shape.headSize / 2
        for head in 0..<heads {
            let start = x + head * shape.headSize
            if let norm {
                hub_inference_rms_norm_token(decoder.path, start, norm, shape.epsilon, sum.start, shape.headSize)
                start.update(from: sum.start, count: shape.headSize)
            }
            guard let rotary = shape.rotary else { continue }
            for pair in 0..<half {
                let turn = rotary.turn(pair: pair, position: position)
                let (low, high) = (start[pair], start[pair + half])
                start[pair] = low * turn.cosine - high * turn.sine
                start[pair + half] = high * turn.cosine + low * turn.sine
            }
        }
    }

    private func attend(layer: Int, position: Int) {
        let size = shape.headSize
        let seen = min(position + 1, shape.windows[layer] ?? Int.max)
        let first = (position + 1 - seen) * shape.keyWidth
        decoder.pool.forEach(shape.heads, grain: seen < 64 ? shape.heads : 1) { heads, worker in
            for head in heads {
                let shared = first + head / (self.shape.heads / self.shape.keyValueHeads) * size
                hub_inference_attend_token(
                    self.decoder.path, self.query[from: head * size], self.keys[layer][from: shared],
                    self.values[layer][from: shared], self.shape.keyWidth, seen, size, self.shape.scoreScale,
                    self.attended[from: head * size], self.scores[worker].start)
            }
        }
    }

    /// stream += W x + b.
    private func add(_ linear: Linear, of x: FloatBuffer) {
        decoder.pool.forEach(linear.matrix.rows, grain: Self.grain) { rows, _ in
            self.multiply(linear, rows, x, self.sum.start)
            for row in rows { self.stream.start[row] += self.sum.start[row] }
        }
    }

    /// gate = activation(W normed), times the second projection where gated.
    private func widen(_ layer: LayerWeights) {
        decoder.pool.forEach(shape.feedForward, grain: Self.grain) { rows, _ in
            self.multiply(layer.gate ?? layer.up, rows, self.normed, self.gate.start)
            if layer.gate != nil { self.multiply(layer.up, rows, self.normed, self.up.start) }
            let factor = layer.gate == nil ? nil : UnsafePointer(self.up.start + rows.lowerBound)
            self.decoder.activate(self.gate.start + rows.lowerBound, times: factor, count: rows.count)
        }
    }
}
