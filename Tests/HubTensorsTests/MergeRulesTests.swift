import HubCore
import HubTensors
import Testing

/// What stands after `-s` and `-X`.
@Suite struct MergeRulesTests {
    @Test(arguments: [
        ("conflict", "conflict"), ("ours", "ours"), ("theirs", "theirs"), ("sum", "sum"), ("average", "average"),
        ("sum:ours=1,theirs=1", "sum"), ("sum:theirs=0.8", "sum:ours=1.0,theirs=0.8"),
        ("average:ours=3,theirs=1", "average:ours=3.0,theirs=1.0"),
    ])
    func `a strategy is described so that reading the description gives it again`(
        _ text: String, _ description: String
    ) throws {
        let strategy = try MergeStrategy(parsing: text)
        #expect(strategy.description == description)
        #expect(try MergeStrategy(parsing: description).description == description)
    }

    @Test(arguments: [
        ("ties", "'ties' is not a merge strategy; there are conflict, ours, theirs, sum, average"),
        ("", "'' is not a merge strategy; there are conflict, ours, theirs, sum, average"),
        ("ours:ours=1", "'ours' takes no parameter 'ours'"),
        ("sum:density=0.5", "'sum' takes no parameter 'density'; it has ours and theirs"),
        ("sum:ours", "'ours' in 'sum:ours' is no parameter; expected name=number"),
        ("sum:ours=much", "'ours=much' in 'sum:ours=much' is no parameter; expected name=number"),
        ("sum:ours=1,ours=2", "'sum:ours=1,ours=2' gives 'ours' twice"),
        ("sum:ours=inf", "the weight 'ours' of 'sum' must lie between -1000 and 1000"),
        ("sum:ours=nan", "the weight 'ours' of 'sum' must lie between -1000 and 1000"),
        ("average:ours=1,theirs=-1", "the weights of 'average' add up to zero"),
        ("average:ours=0,theirs=0", "the weights of 'average' add up to zero"),
    ])
    func `a strategy that makes no sense is refused in words`(_ text: String, _ sentence: String) {
        #expect(throws: HubError.invalid(sentence)) { try MergeStrategy(parsing: text) }
    }

    @Test func `the first pattern that matches decides, else the default`() async throws {
        let base = ["a.weight", "a.bias", "b.weight"].map { TestTensor($0, [1, 2]) }
        let ours = base.map { TestTensor($0.name, [1, 3]) }
        let theirs = base.map { TestTensor($0.name, [1, 5]) }
        let merged = try await MergedModel(
            base: base, ours: ours, theirs: theirs, "average", overrides: ["a.bias=ours", "a.*=theirs"])
        #expect(try await merged.checkpoint.floats("a.bias") == [1, 3])
        #expect(try await merged.checkpoint.floats("a.weight") == [1, 5])
        #expect(try await merged.checkpoint.floats("b.weight") == [1, 4])
    }

    @Test(arguments: ["=ours", "a.*", ""])
    func `a rule without pattern or strategy is refused in words`(_ text: String) {
        #expect(
            throws: HubError.invalid("'\(text)' is no rule; expected PATTERN=STRATEGY, such as 'lm_head.*=ours'")
        ) { try MergeRules.override(parsing: text) }
    }

    @Test(arguments: [
        ("*", "anything", true), ("*", "", true), ("", "", true), ("", "a", false), ("a?c", "abc", true),
        ("a?c", "ac", false), ("*.bias", "layers.3.bias", true), ("*.bias", "layers.3.bias.x", false),
        ("layers.*.mlp.*", "layers.3.mlp.up.weight", true), ("layers.*.mlp.*", "layers.3.attn.weight", false),
        ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false), ("größe?", "größe☃", true), ("[ab]", "a", false),
    ])
    func `a pattern matches as a shell's would`(_ pattern: String, _ name: String, _ matches: Bool) {
        #expect(GlobPattern(pattern).matches(name) == matches)
    }

    @Test func `a pattern of many stars is answered at once`() {
        let pattern = GlobPattern(String(repeating: "*a", count: 200) + "*b")
        #expect(!pattern.matches(String(repeating: "a", count: 20_000)))
    }
}
