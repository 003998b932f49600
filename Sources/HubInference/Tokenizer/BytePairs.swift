/// Byte-pair encoding: the merges of a vocabulary, in the order they were learnt (Sennrich et al., 2016).
struct BytePairs: Sendable {
    private struct Pair: Hashable {
        let left: Int32
        let right: Int32
    }

    private var merges: [Pair: (rank: Int, result: Int32)] = [:]

    /// The token of each single byte; -1 where the vocabulary has none.
    private var single: [Int32]

    /// Whole pieces that are tokens by themselves, where the file says so (`ignore_merges`).
    private let whole: [[UInt8]: Int32]

    init(vocabulary: [[UInt8]: Int32], merges pairs: [(left: Int32, right: Int32, result: Int32)], wholePieces: Bool) {
        single = (0..<256).map { vocabulary[[UInt8($0)]] ?? -1 }
        for (rank, pair) in pairs.enumerated() {
            merges[Pair(left: pair.left, right: pair.right)] = (rank, pair.result)
        }
        whole = wholePieces ? vocabulary : [:]
    }

    /// Appends the tokens of one piece; false if a byte is not in the vocabulary.
    func encode(_ piece: [UInt8], into tokens: inout [Int32]) -> Bool {
        if let token = whole[piece] {
            tokens.append(token)
            return true
        }
        var parts = piece.map { single[Int($0)] }
        guard !parts.contains(-1) else { return false }
        while parts.count > 1 {
            var best: (rank: Int, place: Int, result: Int32)?
            for place in 0..<parts.count - 1 {
                guard let merge = merges[Pair(left: parts[place], right: parts[place + 1])] else { continue }
                if merge.rank < best?.rank ?? .max { best = (merge.rank, place, merge.result) }
            }
            guard let best else { break }
            parts[best.place] = best.result
            parts.remove(at: best.place + 1)
        }
        tokens += parts
        return true
    }
}
