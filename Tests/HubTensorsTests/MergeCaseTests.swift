import HubCore
import HubTensors
import Testing

/// The table of cases of a three-way merge, one tensor at a time.
@Suite struct MergeCaseTests {
    /// Versions of one tensor; nil is a side that does not have it.
    private static let x: TestTensor? = TestTensor("t", [1, 2, 3, 4])
    private static let y: TestTensor? = TestTensor("t", [1, 2, 3, 8])
    private static let z: TestTensor? = TestTensor("t", [5, 2, 3, 4])
    private static let xSquare: TestTensor? = TestTensor("t", [1, 2, 3, 4], shape: [2, 2])
    private static let ySquare: TestTensor? = TestTensor("t", [1, 2, 3, 8], shape: [2, 2])
    private static let xBrain: TestTensor? = TestTensor("t", [1, 2, 3, 4], as: .bfloat16)
    private static let xHalf: TestTensor? = TestTensor("t", [1, 2, 3, 4], as: .float16)
    private static let yBrain: TestTensor? = TestTensor("t", [1, 2, 3, 8], as: .bfloat16)
    private static let codes: TestTensor? = TestTensor("t", [1, 2], as: .uint8)
    private static let codesA: TestTensor? = TestTensor("t", [1, 3], as: .uint8)
    private static let codesB: TestTensor? = TestTensor("t", [4, 2], as: .uint8)

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let base: TestTensor?
        let ours: TestTensor?
        let theirs: TestTensor?
        let situation: MergeSituation
        /// What becomes of it by strategy, in the order of ``strategies``.
        let outcomes: [String]

        init(
            _ description: String, _ base: TestTensor?, _ ours: TestTensor?, _ theirs: TestTensor?,
            _ situation: MergeSituation, _ outcomes: [String]
        ) {
            testDescription = description
            self.base = base
            self.ours = ours
            self.theirs = theirs
            self.situation = situation
            // One word is the same for all strategies.
            self.outcomes = outcomes.count == 1 ? [String](repeating: outcomes[0], count: 5) : outcomes
        }
    }

    static let strategies = ["conflict", "ours", "theirs", "sum", "average"]

    /// Where elements cannot be computed, arithmetic leaves a conflict.
    private static let sidesOnly = ["conflict", "ours", "theirs", "conflict", "conflict"]

    static let cases = [
        Case("nobody changed it", x, x, x, .unchanged, ["unchanged"]),
        Case("we changed it", x, y, x, .oursChanged, ["ours"]),
        Case("they changed it", x, x, y, .theirsChanged, ["theirs"]),
        Case("both made the same change", x, y, y, .sameChange, ["ours"]),
        Case("both changed it", x, y, z, .bothChanged, strategies),
        Case("we added it", nil, y, nil, .oursAdded, ["ours"]),
        Case("they added it", nil, nil, y, .theirsAdded, ["theirs"]),
        Case("both added the same", nil, y, y, .sameAddition, ["ours"]),
        Case("both added it", nil, y, z, .bothAdded, ["conflict", "ours", "theirs", "conflict", "average"]),
        Case("both added it, in two types", nil, y, xBrain, .bothAdded, sidesOnly),
        Case("both added it, in two shapes", nil, y, xSquare, .bothAdded, sidesOnly),
        Case("we deleted it", x, nil, x, .oursDeleted, ["deleted"]),
        Case("they deleted it", x, x, nil, .theirsDeleted, ["deleted"]),
        Case("both deleted it", x, nil, nil, .bothDeleted, ["deleted"]),
        Case(
            "we deleted what they changed", x, nil, y, .oursDeletedTheirsChanged,
            ["conflict", "deleted", "theirs", "conflict", "conflict"]),
        Case(
            "they deleted what we changed", x, y, nil, .oursChangedTheirsDeleted,
            ["conflict", "ours", "deleted", "conflict", "conflict"]),
        Case("we reshaped it", x, xSquare, x, .oursChanged, ["ours"]),
        Case("we reshaped what they changed", x, xSquare, y, .reshaped, sidesOnly),
        Case(
            "both reshaped it alike", x, xSquare, ySquare, .reshaped,
            ["conflict", "ours", "theirs", "conflict", "average"]),
        Case("we only stored it in another type", x, xBrain, x, .oursChanged, ["ours"]),
        Case("we stored in another type what they changed", x, xBrain, y, .retyped, ["theirs as BF16"]),
        Case("they stored in another type what we changed", x, y, xBrain, .retyped, ["ours as BF16"]),
        Case("both stored it in other types", x, xBrain, xHalf, .retypedApart, sidesOnly),
        Case("we stored it in another type and changed it, as they did", x, yBrain, z, .retypedApart, sidesOnly),
        Case("codes that one side changed", codes, codesA, codes, .oursChanged, ["ours"]),
        Case("codes that both changed", codes, codesA, codesB, .bothChanged, sidesOnly),
    ]

    @Test(arguments: cases, Array(strategies.enumerated()).map(\.offset))
    func `each case comes out as the table says, with each strategy`(_ one: Case, _ strategy: Int) async throws {
        let keep = [TestTensor("keep", [7])]
        let merged = try await MergedModel(
            base: keep + [one.base].compactMap(\.self), ours: keep + [one.ours].compactMap(\.self),
            theirs: keep + [one.theirs].compactMap(\.self), Self.strategies[strategy])
        #expect(merged.outcome("t") == one.outcomes[strategy])
        #expect(merged.situation("t") == one.situation)
    }

    @Test(arguments: cases)
    func `a tensor taken from a side is that side's, bit for bit`(_ one: Case) async throws {
        let keep = [TestTensor("keep", [7])]
        for strategy in ["ours", "theirs"] {
            let merged = try await MergedModel(
                base: keep + [one.base].compactMap(\.self), ours: keep + [one.ours].compactMap(\.self),
                theirs: keep + [one.theirs].compactMap(\.self), strategy)
            let expected: [String: TestTensor?] = [
                "ours": one.ours, "theirs": one.theirs, "unchanged": one.base, "deleted": nil,
            ]
            guard let tensor = expected[merged.outcome("t")] else { continue }
            #expect(try await merged.bytes("t") == tensor?.bytes)
            #expect(try await merged.checkpoint["t"]?.info.shape == tensor?.shape)
        }
    }

    @Test func `a change is rounded once to the type the other side chose`() async throws {
        let base = TestTensor("t", [1, 2])
        // Half way between two bfloat16s, and a step above.
        let changed = TestTensor("t", [1 + 0x1p-8, 1 + 0x1p-8 + 0x1p-20])
        let merged = try await MergedModel(
            base: [base], ours: [TestTensor("t", [1, 2], as: .bfloat16)], theirs: [changed])
        #expect(merged.outcome("t") == "theirs as BF16")
        #expect(try await merged.bytes("t") == TestTensor("t", [1, 1 + 0x1p-7], as: .bfloat16).bytes)
    }

    @Test func `a change that the other side's type cannot hold is a conflict`() async throws {
        let merged = try await MergedModel(
            base: [TestTensor("t", [1, 2])], ours: [TestTensor("t", [1, 2], as: .float16)],
            theirs: [TestTensor("t", [1, 70000])])
        #expect(
            merged.conflict("t")
                == "one side stores it as F16, but of the other's change the result would overflow F16 in 1 elements")
    }

    @Test func `a sum that overflows its type is a conflict and no infinity`() async throws {
        let sides = [40000.0, 60000].map { TestTensor("t", [1, $0], as: .float16) }
        let base = [TestTensor("t", [1, 20000], as: .float16)]
        let merged = try await MergedModel(base: base, ours: [sides[0]], theirs: [sides[1]], "sum")
        #expect(
            merged.conflict("t")
                == "both sides changed it, and with 'sum' the result would overflow F16 in 1 elements")
        #expect(merged.files.isEmpty)
        let mean = try await MergedModel(base: base, ours: [sides[0]], theirs: [sides[1]], "average")
        #expect(try await mean.bytes("t") == TestTensor("t", [1, 50000], as: .float16).bytes)
    }

    @Test func `infinities that cancel out into NaN are a conflict, those that pass through are not`() async throws {
        func side(_ last: Double) -> [TestTensor] { [TestTensor("t", [last, 1])] }
        let opposed = try await MergedModel(
            base: side(0), ours: side(.infinity), theirs: side(-.infinity), "average")
        #expect(opposed.conflict("t")?.hasSuffix("the result would hold 1 NaN") == true)
        let alike = try await MergedModel(
            base: side(0), ours: [TestTensor("t", [.infinity, 2])], theirs: side(.infinity), "average")
        #expect(try await alike.checkpoint.floats("t") == [.infinity, 1.5])
    }

    @Test func `a vocabulary that grew on both sides says so`() async throws {
        let base = TestTensor("embed", [1, 2, 3, 4], shape: [2, 2])
        let ours = TestTensor("embed", [1, 2, 3, 4, 5, 6], shape: [3, 2])
        let theirs = TestTensor("embed", [1, 2, 3, 4, 7, 8, 9, 9], shape: [4, 2])
        let merged = try await MergedModel(base: [base], ours: [ours], theirs: [theirs])
        #expect(
            merged.conflict("embed") == "both sides added rows (a vocabulary that grew twice?): "
                + "[2, 2] became [3, 2] here and [4, 2] there")
    }
}

// MARK: - Tensors that hang together

extension MergeCaseTests {
    private static let moved = TestTensor("old", [1, 2])
    private static let changed = TestTensor("old", [1, 9])

    @Test func `a change follows a renamed tensor only when asked`() async throws {
        let ours = [Self.moved.renamed("new")]
        let plain = try await MergedModel(base: [Self.moved], ours: ours, theirs: [Self.changed])
        #expect(plain.conflict("old") == "we deleted it, they changed it; its old bytes now stand under 'new'")
        let followed = try await MergedModel(
            base: [Self.moved], ours: ours, theirs: [Self.changed], followingRenames: true)
        #expect(followed.situation("new") == .renamed)
        #expect(try await followed.bytes("new") == Self.changed.bytes)
        #expect(try await followed.bytes("old") == nil)
    }

    @Test func `a change follows a tensor renamed on the other side`() async throws {
        let followed = try await MergedModel(
            base: [Self.moved], ours: [Self.changed], theirs: [Self.moved.renamed("new")], followingRenames: true)
        #expect(try await followed.bytes("new") == Self.changed.bytes)
        #expect(try await followed.bytes("old") == nil)
    }

    @Test func `two tensors with the old bytes are no rename`() async throws {
        let merged = try await MergedModel(
            base: [Self.moved], ours: [Self.moved.renamed("a"), Self.moved.renamed("b")], theirs: [Self.changed],
            followingRenames: true)
        #expect(merged.conflict("old") == "we deleted it, they changed it")
    }

    private static let quantised = TestTensor("layer.qweight", [1, 2, 3, 4], as: .uint8, shape: [2, 2])
    private static let scales = TestTensor("layer.scales", [0.5, 0.25], as: .float16)
    private static let norm = TestTensor("norm.weight", [1, 1])

    @Test(arguments: ["conflict", "average", "sum", "ours", "theirs"])
    func `a quantised module comes from one side as a whole`(_ strategy: String) async throws {
        let base = [Self.quantised, Self.scales, Self.norm]
        let ourCodes = TestTensor("layer.qweight", [1, 2, 3, 5], as: .uint8, shape: [2, 2])
        let theirScales = TestTensor("layer.scales", [0.5, 2], as: .float16)
        let merged = try await MergedModel(
            base: base, ours: [ourCodes, Self.scales, Self.norm], theirs: [Self.quantised, theirScales, Self.norm],
            strategy)
        guard ["ours", "theirs"].contains(strategy) else {
            #expect(merged.plan.conflicts.map(\.name) == ["layer.qweight", "layer.scales"])
            #expect(merged.plan.conflicts.allSatisfy { $0.situation == .quantised })
            return
        }
        let isOurs = strategy == "ours"
        #expect(try await merged.bytes("layer.qweight") == (isOurs ? ourCodes : Self.quantised).bytes)
        #expect(try await merged.bytes("layer.scales") == (isOurs ? Self.scales : theirScales).bytes)
    }

    @Test func `a quantised module that one side changed needs nobody's choice`() async throws {
        let base = [Self.quantised, Self.scales, Self.norm]
        let ourCodes = TestTensor("layer.qweight", [1, 2, 3, 5], as: .uint8, shape: [2, 2])
        let ourScales = TestTensor("layer.scales", [0.5, 2], as: .float16)
        let theirNorm = TestTensor("norm.weight", [1, 2])
        let merged = try await MergedModel(
            base: base, ours: [ourCodes, ourScales, Self.norm], theirs: [Self.quantised, Self.scales, theirNorm])
        #expect(merged.plan.conflicts.isEmpty)
        #expect(try await merged.bytes("layer.qweight") == ourCodes.bytes)
        #expect(try await merged.bytes("norm.weight") == theirNorm.bytes)
    }
}
