import CHubKernels
import Foundation

func exponential(_ x: Double) -> Double { exp(x) }
func logarithmOf(_ x: Double) -> Double { log(x) }

extension Decoder {
    /// -log p of each token but the first, given those before it; 2 to ``window`` tokens, in nats.
    package func losses(_ tokens: [Int32]) throws -> [Double] {
        guard tokens.count > 1 else { return [] }
        try pass(tokens)
        let panels = (tokens.count + Self.lanes - 1) / Self.lanes
        let partition = try Partition(vocabulary: model.shape.vocabulary, panels: panels)
        let targets = try FloatBuffer(panels * Self.lanes)
        let places = TargetPlaces(tokens)
        try forEachTile(panels: panels) { stretch, rows, logits in
            accumulate(logits, rows: rows.count, into: partition, stretch, panels: panels)
            places.copy(from: logits, rows, to: targets)
        }
        return (0..<tokens.count - 1).map { partition.logarithm($0) - Double(targets.start[$0]) }
    }

    /// Logits of all tokens, in order; for tests and small inputs.
    package func logits(_ tokens: [Int32]) throws -> [[Float]] {
        guard !tokens.isEmpty else { return [] }
        try pass(tokens)
        let panels = (tokens.count + Self.lanes - 1) / Self.lanes
        let vocabulary = model.shape.vocabulary
        let all = try FloatBuffer(tokens.count * vocabulary)
        try forEachTile(panels: panels) { _, rows, logits in
            for (token, row) in tokens.indices.lazy.flatMap({ token in rows.map { (token, $0) } }) {
                let tile = logits + (token / Self.lanes * HeadTiles.tile + row - rows.lowerBound) * Self.lanes
                all.start[token * vocabulary + row] = tile[token % Self.lanes]
            }
        }
        return tokens.indices.map { token in
            Array(UnsafeBufferPointer(start: all[from: token * vocabulary], count: vocabulary))
        }
    }

    /// Calls `body` with the logits of every stretch of the vocabulary in tiles, (panels, tile, 32), from the
    /// hidden states that ``pass(_:)`` left.
    private func forEachTile(
        panels: Int,
        _ body: (_ stretch: Int, _ rows: Range<Int>, _ logits: UnsafeMutablePointer<Float>) -> Void
    ) throws {
        let tiles = try workerTiles(panels: panels)
        let vocabulary = model.shape.vocabulary
        pool.forEach(HeadTiles.stretches(vocabulary), grain: 1) { range, worker in
            for stretch in range where !interruption.isOver {
                for rows in HeadTiles.rows(of: stretch, vocabulary: vocabulary) {
                    head(rows, panels: panels, to: tiles[worker])
                    body(stretch, rows, tiles[worker].start)
                }
            }
        }
        try interruption.check()
    }

    func workerTiles(panels: Int) throws -> [FloatBuffer] {
        try (0..<pool.count).map { _ in try FloatBuffer(panels * HeadTiles.tile * Self.lanes) }
    }

    /// logits[p][0..<rows.count] = head[rows] normed[p].
    func head(_ rows: Range<Int>, panels: Int, to logits: FloatBuffer) {
        precondition(rows.count <= HeadTiles.tile && panels * HeadTiles.tile * Self.lanes <= logits.count)
        let slice = model.weights.head.slice(rows)
        hub_inference_matmul(
            path, slice.stored, 0, rows.count, normed.start, logits.start, HeadTiles.tile, panels, 0)
    }

    func accumulate(
        _ logits: UnsafePointer<Float>,
        rows: Int,
        into partition: Partition,
        _ stretch: Int,
        panels: Int
    ) {
        for panel in 0..<panels {
            hub_inference_partition(
                path, logits + panel * HeadTiles.tile * Self.lanes, rows, partition.maximum.panel(panel, of: stretch),
                partition.sum.panel(panel, of: stretch))
        }
    }
}

extension HeadTiles {
    /// The vocabulary rows of each tile of `stretch`.
    static func rows(of stretch: Int, vocabulary: Int) -> [Range<Int>] {
        let end = min(vocabulary, (stretch + 1) * Self.stretch)
        return Swift.stride(from: stretch * Self.stretch, to: end, by: tile).map { $0..<min(end, $0 + tile) }
    }
}

/// Where in the vocabulary each position's next token stands.
struct TargetPlaces {
    private let sorted: [(row: Int, position: Int)]

    init(_ tokens: [Int32]) {
        sorted = tokens.dropFirst().enumerated().map { (Int($1), $0) }.sorted { $0.row < $1.row }
    }

    /// Copies the logits of next tokens that lie in `rows`; `logits` is (panels, tile, 32).
    func copy(from logits: UnsafePointer<Float>, _ rows: Range<Int>, to targets: FloatBuffer) {
        var place = sorted.partitioningIndex { $0.row >= rows.lowerBound }
        while place < sorted.count, sorted[place].row < rows.upperBound {
            let (row, position) = sorted[place]
            let (panel, lane) = (position / Decoder.lanes, position % Decoder.lanes)
            targets.start[position] =
                logits[(panel * HeadTiles.tile + row - rows.lowerBound) * Decoder.lanes + lane]
            place += 1
        }
    }
}

extension Array {
    /// The first index from which `belongs` holds, which must hold from there to the end.
    fileprivate func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if belongs(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
