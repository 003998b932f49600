/// Byte-pair encoding: the merges of a vocabulary, in the order they were learnt (Sennrich et al., 2016).
struct BytePairs: Sendable {
    /// What becomes of a byte that the vocabulary lacks.
    enum Unknown: Sendable {
        case leftOut
        case token(Int32, fused: Bool)
        case refused
    }

    private let merges: [Pair: Merge]

    /// The token of each single byte; -1 where the vocabulary has none.
    private let single: [Int32]
    private let unknown: Unknown

    /// Whole pieces that are tokens by themselves, where the file says so (`ignore_merges`).
    private let whole: [[UInt8]: Int32]

    init(
        vocabulary: [[UInt8]: Int32],
        merges list: [(left: Int32, right: Int32, result: Int32)],
        unknown: Unknown,
        wholePieces: Bool
    ) {
        single = (0..<256).map { vocabulary[[UInt8($0)]] ?? -1 }
        var merges: [Pair: Merge] = [:]
        merges.reserveCapacity(list.count)
        for (rank, entry) in list.enumerated() {
            merges[Pair(entry.left, entry.right)] = Merge(rank: UInt32(rank), result: entry.result)
        }
        self.merges = merges
        self.unknown = unknown
        whole = wholePieces ? vocabulary : [:]
    }

    /// Appends the tokens of one piece; false if a byte is not in the vocabulary and may not be.
    ///
    /// Takes n log n steps, however long the piece.
    func encode(_ piece: [UInt8], into tokens: inout [Int32]) -> Bool {
        if let token = whole[piece] {
            tokens.append(token)
            return true
        }
        guard let parts = parts(of: piece) else { return false }
        guard parts.count > 1 else {
            tokens += parts
            return true
        }
        var chain = PairChain(parts)
        var queue = LowestFirst()
        for place in 0..<parts.count - 1 { offer(place, chain, &queue) }
        while let key = queue.popFirst() {
            let place = Int(UInt32(truncatingIfNeeded: key))
            // What was queued may have been merged away since.
            guard let pair = chain.pair(at: place), let merge = merges[pair], UInt64(merge.rank) == key >> 32
            else { continue }
            chain.merge(at: place, into: merge.result)
            offer(place, chain, &queue)
            if let before = chain.place(before: place) { offer(before, chain, &queue) }
        }
        chain.append(to: &tokens)
        return true
    }

    /// Queues the merge of a place with the next: lowest rank first, then leftmost.
    private func offer(_ place: Int, _ chain: PairChain, _ queue: inout LowestFirst) {
        guard let pair = chain.pair(at: place), let merge = merges[pair] else { return }
        queue.insert(UInt64(merge.rank) << 32 | UInt64(place))
    }

    private func parts(of piece: [UInt8]) -> [Int32]? {
        var parts: [Int32] = []
        parts.reserveCapacity(piece.count)
        var wasUnknown = false
        for byte in piece {
            let token = single[Int(byte)]
            if token >= 0 {
                parts.append(token)
            } else {
                switch unknown {
                case .leftOut: continue
                case .token(let unknown, let isFused): if !(isFused && wasUnknown) { parts.append(unknown) }
                case .refused: return nil
                }
            }
            wasUnknown = token < 0
        }
        return parts
    }
}

private struct Merge {
    let rank: UInt32
    let result: Int32
}

private struct Pair: Hashable {
    let tokens: UInt64

    init(_ left: Int32, _ right: Int32) {
        tokens = UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }
}

/// The parts of a piece as a list from which merged ones are taken out.
private struct PairChain {
    private var tokens: [Int32]  // -1 once merged into the one before
    private var next: [Int32]
    private var previous: [Int32]

    init(_ parts: [Int32]) {
        tokens = parts
        next = parts.indices.map { Int32($0 + 1) }
        previous = parts.indices.map { Int32($0 - 1) }
    }

    func pair(at place: Int) -> Pair? {
        guard tokens[place] >= 0, Int(next[place]) < tokens.count else { return nil }
        return Pair(tokens[place], tokens[Int(next[place])])
    }

    func place(before place: Int) -> Int? { previous[place] < 0 ? nil : Int(previous[place]) }

    mutating func merge(at place: Int, into token: Int32) {
        let gone = Int(next[place])
        tokens[place] = token
        tokens[gone] = -1
        next[place] = next[gone]
        if Int(next[gone]) < tokens.count { previous[Int(next[gone])] = Int32(place) }
    }

    func append(to output: inout [Int32]) { for token in tokens where token >= 0 { output.append(token) } }
}

/// Numbers, lowest first: a binary heap.
private struct LowestFirst {
    private var heap: [UInt64] = []

    mutating func insert(_ key: UInt64) {
        heap.append(key)
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popFirst() -> UInt64? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            if least == parent { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
