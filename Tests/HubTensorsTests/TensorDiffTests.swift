import HubCore
import HubTensors
import Testing

@Suite struct TensorDiffTests {
    @Test func `norms and angles equal those of NumPy`() async throws {
        let base = try await Fixture.checkpoint("elements/base.safetensors")
        let ours = try await Fixture.checkpoint("elements/ours.safetensors")
        let golden = try #require(try Fixture.json("elements/differences.json").object)
        let changes = try await TensorDiff.compare(old: base, new: ours)
        #expect(changes.allSatisfy { $0.kind == .changed })
        for (name, numbers) in golden.members {
            let changed = try #require(numbers["changed"]?.int)
            let change = changes.first { $0.name == name.string }
            #expect((change == nil) == (changed == 0), "\(name)")
            guard let difference = change?.difference else { continue }
            #expect(difference.changedElements == changed)
            #expect(isClose(difference.l2, numbers["l2"]?.double))
            #expect(isClose(difference.relativeL2, numbers["relativeL2"]?.double))
            #expect(isClose(difference.cosine, numbers["cosine"]?.double))
        }
    }

    @Test func `movements equal those of NumPy`() async throws {
        let base = try await Fixture.checkpoint("elements/base.safetensors")
        let ours = try await Fixture.checkpoint("elements/ours.safetensors")
        let theirs = try await Fixture.checkpoint("elements/theirs.safetensors")
        let golden = try #require(try Fixture.json("elements/differences.json").object)
        let plan = try await CheckpointMerge.plan(base: base, ours: ours, theirs: theirs, rules: MergeRules())
        let both = plan.decisions.filter { $0.situation == .bothChanged }
        #expect(both.count >= 8)
        for decision in both {
            let numbers = try #require(golden[decision.name])
            let movement = try #require(decision.movement)
            #expect(isClose(movement.cosine, numbers["movementCosine"]?.double))
            #expect(isClose(movement.contestedMass, numbers["contested"]?.double))
            #expect(isClose(movement.overlap, numbers["overlap"]?.double))
            #expect(isClose(movement.oursNorm, numbers["oursNorm"]?.double))
            #expect(isClose(movement.theirsNorm, numbers["theirsNorm"]?.double))
        }
    }

    private func isClose(_ value: Double?, _ expected: Double?) -> Bool {
        guard let value, let expected else { return false }
        return abs(value - expected) <= 1e-12 * max(1, abs(expected))
    }

    @Test func `added, removed, reshaped, retyped and changed tensors are told apart`() async throws {
        let old = try await Checkpoint.holding([
            TestTensor("same", [1, 2]), TestTensor("gone", [1]), TestTensor("moved", [1, 2, 3, 4]),
            TestTensor("retyped", [1, 2]), TestTensor("changed", [3, 4]), TestTensor("codes", [1, 2], as: .uint8),
        ])
        let new = try await Checkpoint.holding([
            TestTensor("codes", [1, 3], as: .uint8), TestTensor("changed", [3, 8]),
            TestTensor("retyped", [1, 2], as: .float16), TestTensor("moved", [1, 2, 3, 4], shape: [2, 2]),
            TestTensor("new", [1]), TestTensor("same", [1, 2]),
        ])
        let changes = try await TensorDiff.compare(old: old, new: new)
        #expect(
            changes.map { "\($0.name): \($0.kind.rawValue)" } == [
                "codes: changed", "changed: changed", "retyped: dtype-changed", "moved: reshaped", "new: added",
                "gone: removed",
            ])
        #expect(changes[0].difference == nil)
        #expect(changes[1].difference?.l2 == 4)
        #expect(changes[1].difference?.relativeL2 == 0.8)
        #expect(changes[2].difference?.l2 == 0)
        #expect(changes[2].dtype == .float16)
    }

    @Test func `a change from zero has no relative norm and no angle`() async throws {
        let zero = try await Checkpoint.holding([TestTensor("t", [0, 0])])
        let one = try await Checkpoint.holding([TestTensor("t", [1, 0])])
        let difference = try #require(try await TensorDiff.compare(old: zero, new: one).first?.difference)
        #expect(difference.l2 == 1 && difference.relativeL2 == nil && difference.cosine == nil)
    }

    @Test func `a tensor is compared across a block's end, with its last element`() async throws {
        let count = 1 << 17 + 5
        var values = [Double](repeating: 1, count: count)
        let old = try await Checkpoint.holding([TestTensor("t", values, as: .bfloat16)])
        values[count - 1] = 3
        values[1 << 17] = 2
        let new = try await Checkpoint.holding([TestTensor("t", values, as: .bfloat16)])
        let difference = try #require(try await TensorDiff.compare(old: old, new: new).first?.difference)
        #expect(difference.changedElements == 2)
        #expect(difference.l2 == 5.0.squareRoot())
    }
}
