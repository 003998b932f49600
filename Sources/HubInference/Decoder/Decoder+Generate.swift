extension Decoder {
    /// Continues `prompt` with the most likely token, `count` times or until one of `ends`, which is not returned.
    ///
    /// Stops where the model's positions end, and at a token that cannot be told because the model computes NaN.
    package func generate(
        after prompt: [Int32],
        count: Int,
        endingAt ends: Set<Int32> = []
    ) throws -> [Int32] {
        let length = min(prompt.count + count, model.shape.positions)
        try check(prompt, limit: model.shape.positions)
        let steps = try TokenSteps(self, length: length)
        var output: [Int32] = []
        var logits = try steps.start(prompt)
        while output.count < count, let current = logits, let token = Self.mostLikely(current) {
            if ends.contains(token) { break }
            output.append(token)
            let position = prompt.count + output.count - 1
            guard position < length, output.count < count else { break }
            logits = try steps.step(token, at: position, wantsLogits: true)
        }
        return output
    }

    /// The logits after the last of 1 to ``window`` tokens.
    package func lastLogits(_ tokens: [Int32]) throws -> [Float] {
        guard !tokens.isEmpty else { return [] }
        let logits = try TokenSteps(self, length: tokens.count).start(tokens)
        return logits.map { Array(UnsafeBufferPointer(start: $0.start, count: $0.count)) } ?? []
    }

    /// The place of the highest logit, the first of equals; nil if any is NaN.
    private static func mostLikely(_ logits: FloatBuffer) -> Int32? {
        var best = 0
        for index in 0..<logits.count {
            if logits.start[index].isNaN { return nil }
            if logits.start[index] > logits.start[best] { best = index }
        }
        return Int32(best)
    }
}
