import HubCore
import HubTensors
import Testing

/// Merges held against what mergekit makes of the same checkpoints.
@Suite struct MergeGoldenTests {
    private struct Golden {
        let sides: [Checkpoint]
        let expected: Checkpoint

        init(_ expected: String, suffix: String = "") async throws {
            var sides: [Checkpoint] = []
            for name in ["base", "ours", "theirs"] {
                sides.append(try await Fixture.checkpoint("merge/\(name)\(suffix).safetensors"))
            }
            self.sides = sides
            self.expected = try await Fixture.checkpoint("merge/\(expected).safetensors")
        }
    }

    @Test func `a weighted mean of two models is mergekit's`() async throws {
        let golden = try await Golden("linear")
        // Without a base nothing is one-sided, so every tensor that differs is computed.
        let merged = try await MergedModel(
            base: nil, ours: golden.sides[1], theirs: golden.sides[2], "average:ours=0.7,theirs=0.3")
        let computed = merged.plan.decisions.filter { $0.situation == .bothAdded }
        #expect(computed.count >= 15)
        let checkpoint = try await merged.checkpoint
        for decision in computed {
            let values = try await checkpoint.floats(decision.name)
            let expected = try await golden.expected.floats(decision.name)
            #expect(values.count == expected.count)
            #expect(zip(values, expected).allSatisfy { abs($0 - $1) <= 2e-6 }, "\(decision.name)")
        }
    }

    @Test func `a sum of two movements is mergekit's task arithmetic`() async throws {
        let golden = try await Golden("task-arithmetic")
        let merged = try await MergedModel(
            base: golden.sides[0], ours: golden.sides[1], theirs: golden.sides[2], "sum:ours=1,theirs=0.8")
        let computed = merged.plan.decisions.filter { $0.situation == .bothChanged }
        #expect(computed.count >= 10)
        let checkpoint = try await merged.checkpoint
        for decision in computed {
            let values = try await checkpoint.floats(decision.name)
            let expected = try await golden.expected.floats(decision.name)
            #expect(values.count == expected.count)
            #expect(zip(values, expected).allSatisfy { abs($0 - $1) <= 2e-6 }, "\(decision.name)")
        }
    }

    @Test func `a tensor only one side changed is not computed, as mergekit would`() async throws {
        let golden = try await Golden("task-arithmetic")
        let merged = try await MergedModel(
            base: golden.sides[0], ours: golden.sides[1], theirs: golden.sides[2], "sum:ours=1,theirs=0.8")
        let single = merged.plan.decisions.filter { [.oursChanged, .theirsChanged].contains($0.situation) }
        #expect(single.contains { $0.situation == .oursChanged } && single.contains { $0.situation == .theirsChanged })
        for decision in single {
            let side = golden.sides[decision.situation == .oursChanged ? 1 : 2]
            #expect(try await merged.bytes(decision.name) == side.bytes(decision.name))
        }
    }

    @Test func `a mean of bfloat16 models is mergekit's but for single last bits`() async throws {
        let golden = try await Golden("linear-bf16", suffix: "-bf16")
        let merged = try await MergedModel(
            base: nil, ours: golden.sides[1], theirs: golden.sides[2], "average:ours=0.7,theirs=0.3")
        let checkpoint = try await merged.checkpoint
        var apart = 0
        var count = 0
        for decision in merged.plan.decisions where decision.situation == .bothAdded {
            let values = try #require(try await checkpoint.bytes(decision.name)).words
            let expected = try #require(try await golden.expected.bytes(decision.name)).words
            #expect(zip(values, expected).allSatisfy { abs(Int($0) - Int($1)) <= 1 }, "\(decision.name)")
            apart += zip(values, expected).count { $0 != $1 }
            count += values.count
        }
        #expect(count > 5000)
        #expect(apart * 1000 <= count, "\(apart) of \(count) elements differ in the last bit")
    }

    /// One tensor, its versions and what mergekit's method makes of them.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let dtype: DType
        let strategy: String
        let base: TestTensor?
        let sides: [TestTensor]
        let output: TestTensor
        let ulp: Double

        init(_ json: JSONValue) throws {
            testDescription = json["name"]?.string ?? ""
            let types = ["float32": DType.float32, "bfloat16": .bfloat16, "float16": .float16]
            dtype = try #require(types[json["dtype"]?.string ?? ""])
            ulp = dtype == .bfloat16 ? 0x1p-7 : dtype == .float16 ? 0x1p-10 : 0x1p-22
            let weights = try #require(json["parameters"]?["weight"]?.array).compactMap(\.double)
            let scale = json["parameters"]?["lambda"]?.double ?? 1
            let isSum = json["method"]?.string == "task_arithmetic"
            strategy = "\(isSum ? "sum" : "average"):ours=\(weights[0] * scale),theirs=\(weights[1] * scale)"
            var versions: [TestTensor] = []
            for input in json["inputs"]?.array ?? [] { versions.append(TestTensor("t", input.numbers, as: dtype)) }
            base = isSum ? versions[0] : nil
            sides = Array(versions.suffix(2))
            output = TestTensor("t", try #require(json["output"]).numbers, as: dtype)
        }

        static func all() throws -> [Case] {
            try (try Fixture.json("merge/cases.json").array ?? []).map { try Case($0) }
        }
    }

    @Test(arguments: try Case.all())
    func `a tensor comes out as with mergekit, to the last place`(_ one: Case) async throws {
        let merged = try await MergedModel(
            base: one.base.map { [$0] } ?? [], ours: [one.sides[0]], theirs: [one.sides[1]], one.strategy)
        let values = try #require(try await merged.bytes("t")).numbers(of: one.dtype)
        let expected = one.output.bytes.numbers(of: one.dtype)
        #expect(values.count == expected.count && !values.isEmpty)
        #expect(zip(values, expected).allSatisfy { abs($0 - $1) <= one.ulp * max(abs($1), 0x1p-14) })
    }
}

extension JSONValue {
    /// All numbers of nested arrays, in order.
    fileprivate var numbers: [Double] { array.map { $0.flatMap(\.numbers) } ?? [double].compactMap(\.self) }
}

extension [UInt8] {
    fileprivate var words: [UInt16] {
        stride(from: 0, to: count, by: 2).map { UInt16(littleEndianBytes: self[$0..<$0 + 2]) }
    }

    fileprivate func numbers(of dtype: DType) -> [Double] {
        switch dtype {
        case .bfloat16: words.map { Double(Float(bitPattern: UInt32($0) << 16)) }
        case .float16: words.map { Double(Float16(bitPattern: $0)) }
        default:
            stride(from: 0, to: count, by: 4).map {
                Double(Float(bitPattern: UInt32(littleEndianBytes: self[$0..<$0 + 4])))
            }
        }
    }
}
