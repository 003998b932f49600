import HubCore
import HubTensors
import Testing

/// Stored numbers and the arithmetic on them, in every form this processor has.
@Suite struct ElementTests {
    @Test(
        "rounding equals that of NumPy and PyTorch, bit by bit",
        arguments: [
            ("f32.as.bf16", DType.bfloat16), ("f32.as.f16", .float16),
        ])
    func rounding(_ golden: String, dtype: DType) async throws {
        let file = try await Fixture.checkpoint("elements/roundings.safetensors")
        let floats = try await file.floats("f32")
        let expected = try #require(try await file.bytes(golden))
        for kernels in TensorKernels.all {
            #expect(Element.narrow(floats, to: dtype, kernels) == expected)
        }
    }

    @Test(
        "a double is rounded to a narrower type once",
        arguments: [("f64.as.f32", DType.float32), ("f64.as.f16", .float16)])
    func doubleRounding(_ golden: String, dtype: DType) async throws {
        let file = try await Fixture.checkpoint("elements/roundings.safetensors")
        let bytes = try #require(try await file.bytes("f64"))
        let doubles = stride(from: 0, to: bytes.count, by: 8).map {
            Double(bitPattern: UInt64(littleEndianBytes: bytes[$0..<$0 + 8]))
        }
        let expected = try #require(try await file.bytes(golden))
        for kernels in TensorKernels.all { #expect(Element.narrow(doubles, to: dtype, kernels) == expected) }
    }

    @Test func `all halves and all bfloat16s widen to what they are, and back`() {
        let words = (0...UInt16.max).flatMap(\.littleEndianBytes)
        for kernels in TensorKernels.all {
            let halves: [Float] = Element.widen(.float16, words, kernels)
            #expect(
                zip(0...UInt16.max, halves).allSatisfy { word, value in
                    let half = Float16(bitPattern: word)
                    return half.isNaN ? value.isNaN : value.bitPattern == Float(half).bitPattern
                })
            let brains: [Float] = Element.widen(.bfloat16, words, kernels)
            #expect(zip(0...UInt16.max, brains).allSatisfy { $1.bitPattern == UInt32($0) << 16 })
            let numbers = halves.filter { !$0.isNaN }
            #expect(
                Element.narrow(numbers, to: .float16, kernels)
                    == (0...UInt16.max).filter { !Float16(bitPattern: $0).isNaN }.flatMap(\.littleEndianBytes))
        }
    }

    @Test(arguments: [DType.float16, .bfloat16])
    func `a NaN stays a NaN and infinity stays infinity`(_ dtype: DType) {
        let values: [Float] = [
            .nan, -.nan, .signalingNaN, Float(bitPattern: 0x7F80_0001), .infinity, -.infinity, .greatestFiniteMagnitude,
        ]
        for kernels in TensorKernels.all {
            let back: [Float] = Element.widen(dtype, Element.narrow(values, to: dtype, kernels), kernels)
            #expect(back[..<4].allSatisfy { $0.isNaN })
            #expect(back[4...] == [.infinity, -.infinity, .infinity])
        }
    }

    @Test("every form of a kernel gives the same bits", arguments: [0, 1, 7, 8, 9, 31, 64, 1003])
    func forms(count: Int) {
        var generator = SplitMix(seed: UInt64(count))
        let base = generator.floats(count)
        let ours = zip(base, generator.floats(count)).map { $1 > 0 ? $0 : $0 + $1 }
        let theirs = zip(base, generator.floats(count)).map { $1 > 0 ? $0 : $0 + $1 }
        let results = TensorKernels.all.map { Element.everything(base, ours, theirs, $0) }
        #expect(results.allSatisfy { $0 == results[0] })
        let doubles = TensorKernels.all.map {
            Element.everything(base.map(Double.init), ours.map(Double.init), theirs.map(Double.init), $0)
        }
        #expect(doubles.allSatisfy { $0 == doubles[0] })
    }

    @Test(arguments: [1, 8, 13, 200])
    func `a scan counts what is not finite and bounds what is`(_ count: Int) {
        for kernels in TensorKernels.all {
            for place in 0..<count {
                var values = (0..<count).map { Float($0) - 3 }
                #expect(Element.scan(values, kernels).min == -3)
                #expect(Element.scan(values, kernels).max == Double(count - 4))
                values[place] = .nan
                #expect(Element.scan(values, kernels).nanCount == 1)
                values[place] = -.infinity
                let scan = Element.scan(values, kernels)
                #expect(scan.infinityCount == 1 && scan.nanCount == 0 && !scan.isFinite)
                #expect(scan.max <= Double(count - 4) && scan.min >= -3)
            }
        }
    }
}

/// Calls the kernels with arrays.
enum Element {
    static func widen<T: TensorElement>(_ dtype: DType, _ bytes: [UInt8], _ kernels: TensorKernels) -> [T] {
        var result = [T](repeating: 0, count: bytes.count * 8 / dtype.bitCount)
        unsafe result.withUnsafeMutableBufferPointer { result in
            unsafe bytes.withUnsafeBytes { unsafe T.widen(dtype, $0, into: result, kernels) }
        }
        return result
    }

    static func narrow<T: TensorElement>(_ values: [T], to dtype: DType, _ kernels: TensorKernels) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: values.count * dtype.bitCount / 8)
        unsafe result.withUnsafeMutableBytes { result in
            unsafe values.withUnsafeBufferPointer { unsafe T.narrow($0, to: dtype, into: result, kernels) }
        }
        return result
    }

    static func scan<T: TensorElement>(_ values: [T], _ kernels: TensorKernels) -> TensorScan {
        var scan = TensorScan()
        unsafe values.withUnsafeBufferPointer { unsafe T.scan($0, into: &scan, kernels) }
        return scan
    }

    /// All that the kernels compute of three sides.
    struct Everything<T: TensorElement>: Equatable {
        var scan = TensorScan()
        var difference = DifferenceSums()
        var movement = MovementSums()
        var sum: [T]
        var average: [T]
    }

    static func everything<T: TensorElement>(
        _ base: [T], _ ours: [T], _ theirs: [T], _ kernels: TensorKernels
    ) -> Everything<T> {
        var result = Everything<T>(
            sum: [T](repeating: 0, count: base.count), average: [T](repeating: 0, count: base.count))
        let weights = MergeWeights(ours: 0.7, theirs: 0.4)
        unsafe base.withUnsafeBufferPointer { base in
            unsafe ours.withUnsafeBufferPointer { ours in
                unsafe theirs.withUnsafeBufferPointer { theirs in
                    let block = unsafe MergeBlock(base: base, ours: ours, theirs: theirs)
                    unsafe T.scan(ours, into: &result.scan, kernels)
                    unsafe T.compare(base, ours, into: &result.difference, kernels)
                    T.compareMovements(block, into: &result.movement, kernels)
                    unsafe result.sum.withUnsafeMutableBufferPointer {
                        unsafe T.sum(block, weights: weights, into: $0, kernels)
                    }
                    unsafe result.average.withUnsafeMutableBufferPointer {
                        unsafe T.average(block, weights: weights, into: $0, kernels)
                    }
                }
            }
        }
        return result
    }
}

/// Reproducible numbers (Steele, Lea, Flood: SplitMix64).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -2...2, using: &self) } }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}
