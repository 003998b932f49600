import HubCore
import HubTensors
import Testing

/// What holds for every merge method, whatever it computes.
@Suite struct MergeLawTests {
    static let methods = MergeMethods.all.map { $0.name }
    static let symmetricMethods = MergeMethods.all.filter { $0.isSymmetric }.map { $0.name }
    static let dtypes: [DType] = [.float32, .bfloat16, .float16, .float64]

    private static func tensor(_ name: String, _ dtype: DType, seed: UInt64, count: Int = 1003) -> TestTensor {
        var generator = SplitMix(seed: seed)
        return TestTensor(name, generator.floats(count).map { $0.exact(in: dtype) }, as: dtype)
    }

    private static func sides(_ dtype: DType, count: Int = 1003) -> [TestTensor] {
        (1...3).map { tensor("t", dtype, seed: $0, count: count) }
    }

    private static func merge(_ sides: [TestTensor], _ method: String) async throws -> [UInt8]? {
        try await MergedModel(base: [sides[0]], ours: [sides[1]], theirs: [sides[2]], method).bytes("t")
    }

    @Test(arguments: methods, dtypes)
    func `what one side left alone is the other's, bit for bit`(_ method: String, _ dtype: DType) async throws {
        let sides = Self.sides(dtype)
        #expect(try await Self.merge([sides[0], sides[1], sides[0]], method) == sides[1].bytes)
        #expect(try await Self.merge([sides[0], sides[0], sides[1]], method) == sides[1].bytes)
        #expect(try await Self.merge([sides[0], sides[1], sides[1]], method) == sides[1].bytes)
    }

    @Test(arguments: symmetricMethods, dtypes)
    func `a symmetric method does not ask who merges whom`(_ method: String, _ dtype: DType) async throws {
        let sides = Self.sides(dtype)
        let result = try await Self.merge(sides, method)
        #expect(result != nil)
        #expect(try await Self.merge([sides[0], sides[2], sides[1]], method) == result)
    }

    @Test(arguments: methods, dtypes)
    func `an element's result does not depend on what stands around it`(
        _ method: String, _ dtype: DType
    ) async throws {
        // One more than two blocks, so that the last block holds a single element.
        let count = 1 << 18 + 1
        let whole = try #require(try await Self.merge(Self.sides(dtype, count: count), method))
        let size = dtype.bitCount / 8
        for place in [0, 1, 777, 1 << 17 - 1, 1 << 17, count - 1] {
            let bytes = place * size..<(place + 1) * size
            let alone = Self.sides(dtype, count: count).map {
                TestTensor("t", dtype, [1], bytes: Array($0.bytes[bytes]))
            }
            #expect(try await Self.merge(alone, method) == Array(whole[bytes]))
        }
    }

    @Test(arguments: methods)
    func `merging again gives the same bytes`(_ method: String) async throws {
        let sides = Self.sides(.bfloat16)
        let first = try await MergedModel(base: [sides[0]], ours: [sides[1]], theirs: [sides[2]], method)
        let second = try await MergedModel(base: [sides[0]], ours: [sides[1]], theirs: [sides[2]], method)
        #expect(first.files == second.files)
    }

    @Test(arguments: dtypes)
    func `a mean lies between both sides`(_ dtype: DType) async throws {
        let sides = Self.sides(dtype)
        let merged = try await MergedModel(base: [sides[0]], ours: [sides[1]], theirs: [sides[2]], "average")
        let mean = try #require(try await merged.bytes("t")).values(of: dtype)
        let ours = sides[1].bytes.values(of: dtype)
        let theirs = sides[2].bytes.values(of: dtype)
        #expect(
            mean.indices.allSatisfy {
                (min(ours[$0], theirs[$0])...max(ours[$0], theirs[$0])).contains(mean[$0])
            })
    }

    @Test(arguments: ["sum", "average"])
    func `bfloat16 is computed as f32 and rounded once`(_ method: String) async throws {
        let sides = Self.sides(.bfloat16, count: 20_000)
        let values = sides.map { side in side.bytes.values(of: .bfloat16).map { Float($0) } }
        let exact = values[0].indices.map { place -> Float in
            let (base, ours, theirs) = (values[0][place], values[1][place], values[2][place])
            return method == "sum" ? base + ((ours - base) + (theirs - base)) : 0.5 * ours + 0.5 * theirs
        }
        let expected = exact.flatMap { $0.roundedToBrain.littleEndianBytes }
        #expect(try await Self.merge(sides, method) == expected)
    }

    @Test func `no movement is rounded on its way into a sum`() async throws {
        // The movements are 2⁻⁹ and 2⁻⁹ of a base whose neighbours are 2⁻⁷ apart once they are added to it:
        // rounded one by one they would vanish, together they reach the tie and beyond.
        let base = TestTensor("t", [1, 0x1p-9], as: .bfloat16)
        let ours = TestTensor("t", [1 + 0x1p-7, 0x1p-9 + 0x1p-16], as: .bfloat16)
        let theirs = TestTensor("t", [1 + 0x1p-7, 0x1p-9 + 0x1p-15], as: .bfloat16)
        let result = try await MergedModel(base: [base], ours: [ours], theirs: [theirs], "sum:ours=0.5,theirs=0.375")
        let expected = [
            Float(1 + 0.875 * 0x1p-7).roundedToBrain,
            Float(0x1p-9 + 0.5 * 0x1p-16 + 0.375 * 0x1p-15).roundedToBrain,
        ]
        #expect(try await result.bytes("t") == expected.flatMap(\.littleEndianBytes))
    }
}

extension Float {
    /// A nearby number that `dtype` holds exactly.
    fileprivate func exact(in dtype: DType) -> Double {
        switch dtype {
        case .bfloat16: Double(Float(bitPattern: bitPattern & 0xFFFF_0000))
        case .float16: Double(Float16(self))
        default: Double(self)
        }
    }

    /// Rounded to the nearest bfloat16, ties to even, by exact arithmetic on the bits.
    fileprivate var roundedToBrain: UInt16 {
        let below = UInt16(bitPattern >> 16)
        let rest = bitPattern & 0xFFFF
        return rest > 0x8000 || (rest == 0x8000 && below & 1 == 1) ? below + 1 : below
    }
}

extension [UInt8] {
    /// Stored numbers as doubles.
    fileprivate func values(of dtype: DType) -> [Double] {
        let size = dtype.bitCount / 8
        return stride(from: 0, to: count, by: size).map { place in
            let word = UInt64(littleEndianBytes: self[place..<place + size])
            return switch dtype {
            case .float64: Double(bitPattern: word)
            case .float32: Double(Float(bitPattern: UInt32(word)))
            case .float16: Double(Float16(bitPattern: UInt16(word)))
            default: Double(Float(bitPattern: UInt32(word) << 16))
            }
        }
    }
}
