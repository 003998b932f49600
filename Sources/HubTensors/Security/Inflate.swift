/// Decompresses DEFLATE (RFC 1951), never to more than a given number of bytes.
///
/// Written for scanning what strangers send: it says how far it came instead of failing where the input or the
/// limit ends, and needs memory for the output alone.
package struct Inflate {
    package enum Ending: Sendable {
        case finished
        case inputEnded
        case limitReached
    }

    package struct Corrupt: Error {}

    private enum Halt: Error { case inputEnded, limitReached, corrupt }

    /// What came out so far.
    package private(set) var output: [UInt8] = []

    /// How many bytes of the input were used, the last one perhaps in part.
    package var consumed: Int { place - bitCount / 8 }

    private let input: [UInt8]
    private let limit: Int
    private var place: Int
    private var bits: UInt64 = 0
    private var bitCount = 0

    package init(_ input: [UInt8], from start: Int = 0, limit: Int) {
        self.input = input
        self.limit = limit
        self.place = start
    }

    /// Decompresses until the stream, the input or the limit ends.
    package mutating func run() throws(Corrupt) -> Ending {
        do {
            while try !block() {}
            return .finished
        } catch .inputEnded {
            return .inputEnded
        } catch .limitReached {
            return .limitReached
        } catch {
            throw Corrupt()
        }
    }

    /// Runs one block; true for the last.
    private mutating func block() throws(Halt) -> Bool {
        let isLast = try take(1) == 1
        switch try take(2) {
        case 0: try stored()
        case 1: try compressed(.fixedLiterals, .fixedDistances)
        case 2:
            let (literals, distances) = try dynamicCodes()
            try compressed(literals, distances)
        default: throw .corrupt
        }
        return isLast
    }

    private mutating func stored() throws(Halt) {
        _ = try take(bitCount % 8)
        let length = Int(try take(16))
        guard try take(16) == ~UInt32(length) & 0xFFFF else { throw .corrupt }
        place -= bitCount / 8
        bits = 0
        bitCount = 0
        let count = min(length, limit - output.count, input.count - place)
        output.append(contentsOf: input[place..<place + count])
        place += count
        guard count < length else { return }
        throw output.count == limit ? .limitReached : .inputEnded
    }

    private mutating func compressed(_ literals: HuffmanCode, _ distances: HuffmanCode) throws(Halt) {
        while true {
            let symbol = try decode(literals)
            switch symbol {
            case 0..<256:
                guard output.count < limit else { throw .limitReached }
                output.append(UInt8(symbol))
            case 256: return
            default:
                let length = try length(symbol)
                try copy(length, back: try distance(decode(distances)))
            }
        }
    }

    private mutating func copy(_ length: Int, back distance: Int) throws(Halt) {
        guard distance <= output.count else { throw .corrupt }
        for _ in 0..<length {
            guard output.count < limit else { throw .limitReached }
            output.append(output[output.count - distance])
        }
    }
}

// MARK: - Codes

extension Inflate {
    private mutating func length(_ symbol: Int) throws(Halt) -> Int {
        guard symbol < 286 else { throw .corrupt }
        if symbol == 285 { return 258 }
        let index = symbol - 257
        guard index >= 8 else { return 3 + index }
        let extra = index / 4 - 1
        return 3 + (4 + index % 4) << extra + Int(try take(extra))
    }

    private mutating func distance(_ symbol: Int) throws(Halt) -> Int {
        guard symbol < 30 else { throw .corrupt }
        guard symbol >= 4 else { return symbol + 1 }
        let extra = symbol / 2 - 1
        return 1 + (2 + symbol % 2) << extra + Int(try take(extra))
    }

    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private mutating func dynamicCodes() throws(Halt) -> (literals: HuffmanCode, distances: HuffmanCode) {
        let literalCount = Int(try take(5)) + 257
        let distanceCount = Int(try take(5)) + 1
        let lengthCount = Int(try take(4)) + 4
        var order = [UInt8](repeating: 0, count: 19)
        for index in 0..<lengthCount { order[Self.lengthOrder[index]] = UInt8(try take(3)) }
        guard let lengths = HuffmanCode(lengths: order[...]) else { throw .corrupt }
        var all: [UInt8] = []
        while all.count < literalCount + distanceCount {
            let symbol = try decode(lengths)
            switch symbol {
            case 0..<16: all.append(UInt8(symbol))
            case 16:
                guard let last = all.last else { throw .corrupt }
                all.append(contentsOf: repeatElement(last, count: 3 + Int(try take(2))))
            case 17: all.append(contentsOf: repeatElement(0, count: 3 + Int(try take(3))))
            default: all.append(contentsOf: repeatElement(0, count: 11 + Int(try take(7))))
            }
        }
        guard all.count == literalCount + distanceCount, let literals = HuffmanCode(lengths: all[..<literalCount]),
            let distances = HuffmanCode(lengths: all[literalCount...])
        else { throw .corrupt }
        return (literals, distances)
    }

    private mutating func decode(_ code: HuffmanCode) throws(Halt) -> Int {
        var value = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            value |= Int(try take(1))
            let count = code.counts[length]
            if value - count < first { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw .corrupt
    }

    private mutating func take(_ count: Int) throws(Halt) -> UInt32 {
        while bitCount < count {
            guard place < input.count else { throw .inputEnded }
            bits |= UInt64(input[place]) << UInt64(bitCount)
            place += 1
            bitCount += 8
        }
        defer {
            bits >>= UInt64(count)
            bitCount -= count
        }
        return UInt32(truncatingIfNeeded: bits & (1 << UInt64(count) - 1))
    }
}

/// A canonical Huffman code.
private struct HuffmanCode {
    var counts = [Int](repeating: 0, count: 16)  // [length] → number of symbols
    var symbols: [Int] = []  // by length, then by symbol

    /// Nil for lengths that say more than a code can hold.
    init?(lengths: ArraySlice<UInt8>) {
        for length in lengths where length > 0 { counts[Int(length)] += 1 }
        var free = 1
        for length in 1...15 {
            free = free * 2 - counts[length]
            guard free >= 0 else { return nil }
        }
        symbols.reserveCapacity(lengths.count)
        for length in 1...15 where counts[length] > 0 {
            for (symbol, candidate) in lengths.enumerated() where Int(candidate) == length { symbols.append(symbol) }
        }
    }

    private init(known lengths: [UInt8]) {
        self = HuffmanCode(lengths: lengths[...]) ?? HuffmanCode()
    }

    private init() {}

    static let fixedLiterals = HuffmanCode(
        known: [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112) + [UInt8](repeating: 7, count: 24)
            + [UInt8](repeating: 8, count: 8)
    )
    static let fixedDistances = HuffmanCode(known: [UInt8](repeating: 5, count: 30))
}
