import Foundation

/// CPython's `random.Random(seed)`: the Mersenne Twister, for the recipes of the vectors.
struct PythonRandom {
    private var state = [UInt32](repeating: 0, count: 624)
    private var index = 624
    private var nextGauss: Double?

    init(seed: UInt32) {
        seedWords(19_650_218)
        // init_by_array with the one word `seed`.
        var i = 1
        for _ in 0..<624 {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) &* 1_664_525)) &+ seed
            i += 1
            if i == 624 {
                state[0] = state[623]
                i = 1
            }
        }
        for _ in 0..<623 {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) &* 1_566_083_941)) &- UInt32(i)
            i += 1
            if i == 624 {
                state[0] = state[623]
                i = 1
            }
        }
        state[0] = 0x8000_0000
    }

    private mutating func seedWords(_ seed: UInt32) {
        state[0] = seed
        for i in 1..<624 { state[i] = 1_812_433_253 &* (state[i - 1] ^ (state[i - 1] >> 30)) &+ UInt32(i) }
    }

    mutating func nextWord() -> UInt32 {
        if index == 624 { regenerate() }
        var y = state[index]
        index += 1
        y ^= y >> 11
        y ^= (y << 7) & 0x9D2C_5680
        y ^= (y << 15) & 0xEFC6_0000
        return y ^ (y >> 18)
    }

    private mutating func regenerate() {
        for i in 0..<624 {
            let y = (state[i] & 0x8000_0000) | (state[(i + 1) % 624] & 0x7FFF_FFFF)
            state[i] = state[(i + 397) % 624] ^ (y >> 1) ^ (y & 1 == 0 ? 0 : 0x9908_B0DF)
        }
        index = 0
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 4)
        while bytes.count < count {
            let left = count - bytes.count
            let word = left < 4 ? nextWord() >> UInt32(32 - 8 * left) : nextWord()
            for shift in stride(from: UInt32(0), to: UInt32(8 * min(4, left)), by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return bytes
    }

    private mutating func random() -> Double {
        let a = nextWord() >> 5
        let b = nextWord() >> 6
        return (Double(a) * 67_108_864 + Double(b)) / 9_007_199_254_740_992
    }

    mutating func gauss(_ mean: Double, _ sigma: Double) -> Double {
        if let next = nextGauss {
            nextGauss = nil
            return mean + next * sigma
        }
        let angle = random() * 2 * Double.pi
        let radius = sqrt(-2 * log(1 - random()))
        nextGauss = sin(angle) * radius
        return mean + cos(angle) * radius * sigma
    }
}

/// The inputs of the vectors, made from their recipes.
enum VectorInput {
    static func random7(_ count: Int) -> [UInt8] {
        var random = PythonRandom(seed: 7)
        return random.bytes(count)
    }

    static func gaussFloats(_ count: Int) -> [UInt8] {
        var random = PythonRandom(seed: 11)
        return (0..<count).flatMap { _ in
            withUnsafeBytes(of: Float(random.gauss(0, 0.02)).bitPattern.littleEndian) { Array($0) }
        }
    }

    static func splitmix(_ count: Int, seed: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        var state = seed
        while bytes.count < count {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            z ^= z >> 31
            withUnsafeBytes(of: z.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return Array(bytes.prefix(count))
    }

    static func text(_ count: Int) -> [UInt8] {
        let line = Array("the quick brown fox jumps over the lazy dog\n".utf8)
        return (0..<count).map { line[$0 % line.count] }
    }

    /// The input of the client vector with this name.
    static func named(_ name: String, size: Int) -> [UInt8] {
        switch name {
        case "ff_1MiB": Array(repeating: 0xFF, count: size)
        case "const59_1000000": Array(repeating: 0x3B, count: size)
        case "splitmix1_256000": splitmix(size, seed: 1)
        case "counter_u32_1MiB":
            (0..<UInt32(262_144)).flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
        case "f32_gauss_1MiB": gaussFloats(262_144)
        case "random7_1MiB_with_insert":
            random7(1 << 20).prefix(500_000) + Array("INSERTED".utf8) + random7(1 << 20).dropFirst(500_000)
        case "random7_1MiB_twice": random7(1 << 20) + random7(1 << 20)
        case _ where name.hasPrefix("random7_"): random7(size)
        case _ where name.hasPrefix("zeros_"): Array(repeating: 0, count: size)
        case _ where name.hasPrefix("text_"): text(size)
        default: splitmix(size, seed: 0)
        }
    }
}
