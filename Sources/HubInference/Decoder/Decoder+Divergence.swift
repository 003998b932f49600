import CHubKernels

/// How two models' predictions of one text differ.
package struct Divergence: Sendable {
    /// KL(first || second) of the next token after each token, in nats.
    package var perToken: [Double]

    /// -log p of each token but the first, by either model.
    package var firstLosses: [Double]
    package var secondLosses: [Double]
}

extension Decoder {
    /// Holds this model's predictions against another's, over the same 2 to ``window`` tokens.
    ///
    /// Both output matrices are passed in step, a tile at a time: memory does not grow with the vocabulary.
    package func divergence(from tokens: [Int32], to other: Decoder) throws -> Divergence {
        let vocabulary = model.shape.vocabulary
        guard vocabulary == other.model.shape.vocabulary else {
            throw InferenceError.notComparable(
                "the vocabularies differ: \(vocabulary) and \(other.model.shape.vocabulary) tokens")
        }
        guard tokens.count > 1 else { return Divergence(perToken: [], firstLosses: [], secondLosses: []) }
        try pass(tokens)
        try other.pass(tokens)
        let panels = (tokens.count + Self.lanes - 1) / Self.lanes
        let sums = try DriftSums(vocabulary: vocabulary, panels: panels)
        let places = TargetPlaces(tokens)
        let tiles = try (workerTiles(panels: panels), workerTiles(panels: panels))
        pool.forEach(sums.first.stretches, grain: 1) { range, worker in
            let (mine, theirs) = (tiles.0[worker], tiles.1[worker])
            for stretch in range where !interruption.isOver {
                for rows in HeadTiles.rows(of: stretch, vocabulary: vocabulary) {
                    head(rows, panels: panels, to: mine)
                    other.head(rows, panels: panels, to: theirs)
                    drift(mine.start, theirs.start, rows: rows.count, into: sums, stretch, panels: panels)
                    places.copy(from: mine.start, rows, to: sums.firstTargets)
                    places.copy(from: theirs.start, rows, to: sums.secondTargets)
                }
            }
        }
        try interruption.check()
        return sums.result(tokens: tokens.count)
    }

    private func drift(
        _ mine: UnsafePointer<Float>,
        _ theirs: UnsafePointer<Float>,
        rows: Int,
        into sums: DriftSums,
        _ stretch: Int,
        panels: Int
    ) {
        for panel in 0..<panels {
            let start = panel * HeadTiles.tile * Self.lanes
            hub_inference_divergence(
                path, mine + start, theirs + start, rows, sums.first.maximum.panel(panel, of: stretch),
                sums.first.sum.panel(panel, of: stretch), sums.drift.panel(panel, of: stretch))
        }
        accumulate(theirs, rows: rows, into: sums.second, stretch, panels: panels)
    }
}

/// What the stretches yield, and what it comes to.
private struct DriftSums {
    let first: Partition
    let second: Partition
    let drift: RunningValues
    let firstTargets: FloatBuffer  // (panels * 32)
    let secondTargets: FloatBuffer  // (panels * 32)

    init(vocabulary: Int, panels: Int) throws(InferenceError) {
        first = try Partition(vocabulary: vocabulary, panels: panels)
        second = try Partition(vocabulary: vocabulary, panels: panels)
        drift = try RunningValues(stretches: first.stretches, panels: panels, filledWith: 0)
        firstTargets = try FloatBuffer(panels * Decoder.lanes)
        secondTargets = try FloatBuffer(panels * Decoder.lanes)
    }

    func result(tokens: Int) -> Divergence {
        var result = Divergence(perToken: [], firstLosses: [], secondLosses: [])
        for token in 0..<tokens {
            let (one, other) = (first.logarithm(token), second.logarithm(token))
            let highest = first.highest(token)
            let drift = first.total(drift, token, highest: highest) / first.total(first.sum, token, highest: highest)
            // Rounding may leave a hair below zero; a NaN must stay one.
            let divergence = drift - one + other
            result.perToken.append(divergence < 0 ? 0 : divergence)
            guard token < tokens - 1 else { continue }
            result.firstLosses.append(one - Double(firstTargets.start[token]))
            result.secondLosses.append(other - Double(secondTargets.start[token]))
        }
        return result
    }
}
