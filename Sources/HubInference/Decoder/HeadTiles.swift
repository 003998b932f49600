import CHubKernels

/// The output matrix passed over the hidden states a tile at a time, so that logits of all tokens never exist at
/// once.
///
/// The vocabulary is cut into stretches that do not depend on the number of threads, and what a stretch yields is
/// added up in order.
enum HeadTiles {
    /// Vocabulary rows of a tile, whose logits stay in the cache.
    static let tile = 96

    /// Tiles of a stretch.
    static let tilesPerStretch = 8

    static var stretch: Int { tile * tilesPerStretch }

    static func stretches(_ vocabulary: Int) -> Int { (vocabulary + stretch - 1) / stretch }
}

/// Per stretch and token, running values over logits; read once all stretches are through.
struct RunningValues {
    let buffer: FloatBuffer  // (stretches, panels * 32)
    let tokens: Int

    init(stretches: Int, panels: Int, filledWith value: Float) throws(InferenceError) {
        tokens = panels * Decoder.lanes
        buffer = try FloatBuffer(stretches * tokens)
        if value != 0 { buffer.start.update(repeating: value, count: buffer.count) }
    }

    func panel(_ panel: Int, of stretch: Int) -> UnsafeMutablePointer<Float> {
        buffer[from: stretch * tokens + panel * Decoder.lanes]
    }

    subscript(_ stretch: Int, _ token: Int) -> Double { Double(buffer.start[stretch * tokens + token]) }
}

/// Log-partition functions in the making: per stretch the highest logit and the sum of exp(logit - highest).
struct Partition {
    let stretches: Int
    let maximum: RunningValues
    let sum: RunningValues

    init(vocabulary: Int, panels: Int) throws(InferenceError) {
        stretches = HeadTiles.stretches(vocabulary)
        maximum = try RunningValues(stretches: stretches, panels: panels, filledWith: -.infinity)
        sum = try RunningValues(stretches: stretches, panels: panels, filledWith: 0)
    }

    func highest(_ token: Int) -> Double {
        (0..<stretches).reduce(-Double.infinity) { max($0, maximum[$1, token]) }
    }

    /// Sum over stretches of `values`, brought to the highest logit of all.
    func total(_ values: RunningValues, _ token: Int, highest: Double) -> Double {
        (0..<stretches).reduce(0) { $0 + values[$1, token] * exponential(maximum[$1, token] - highest) }
    }

    /// log of the sum of exp over the whole vocabulary, for one token.
    func logarithm(_ token: Int) -> Double {
        let highest = highest(token)
        return highest + logarithmOf(total(sum, token, highest: highest))
    }
}
