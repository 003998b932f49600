import HubCore
import HubTensors
import Testing

/// How merged tensors are laid out over files.
@Suite struct MergeLayoutTests {
    private static let names = ["a", "b", "c", "d"]

    /// Four tensors, of which `changed` hold other values.
    private static func tensors(_ changed: String = "", value: Double = 9) -> [TestTensor] {
        names.map { TestTensor($0, changed.contains($0) ? [1, value] : [1, 2]) }
    }

    /// Two shards with an index: the first `split` tensors, and the others.
    private static func sharded(_ tensors: [TestTensor], at split: Int = 2) async throws -> Checkpoint {
        let shards = [Array(tensors[..<split]), Array(tensors[split...])]
        var map = JSONObject()
        var files: [String: any ByteReader] = [:]
        for (number, shard) in shards.enumerated() {
            let path = "model-0000\(number + 1)-of-00002.safetensors"
            for tensor in shard { map.set(ByteString(tensor.name), .string(ByteString(path))) }
            files[path] = BufferReader(TestFile.safetensors(shard))
        }
        let total = tensors.reduce(0) { $0 + $1.bytes.count }
        let index: JSONObject = [
            "metadata": .object(["total_size": .integer(total)]), "weight_map": .object(map),
        ]
        files["model.safetensors.index.json"] = BufferReader(JSONValue.object(index).prettyText())
        return try await Checkpoint.open(files)
    }

    @Test func `a tensor changed on one side is copied, never computed`() async throws {
        let plan = try await CheckpointMerge.plan(
            base: .holding(Self.tensors()), ours: .holding(Self.tensors("a")), theirs: .holding(Self.tensors("b")),
            rules: MergeRules(try MergeStrategy(parsing: "average")))
        #expect(plan.decisions.map { "\($0.name) \($0.outcomeWord)" } == ["a ours", "b theirs"])
        #expect(plan.files.map(\.path) == ["model.safetensors"])
    }

    @Test func `a shard nobody else changed stays ours, byte for byte`() async throws {
        let ours = try await Self.sharded(Self.tensors("a"))
        let merged = try await MergedModel(
            base: Self.sharded(Self.tensors()), ours: ours, theirs: Self.sharded(Self.tensors("d")))
        let kept = merged.plan.files.filter(\.isUnchanged)
        #expect(kept.map(\.path) == ["model-00001-of-00002.safetensors"])
        let first = try #require(ours.files.first)
        #expect(try await merged.files[first.path] == first.reader.read(0..<first.reader.count))
        #expect(try await merged.checkpoint.floats("d") == [1, 9])
        #expect(try await merged.checkpoint.floats("a") == [1, 9])
    }

    @Test func `tensors are matched by name wherever the other side shards them`() async throws {
        let ours = try await Checkpoint.holding(Self.tensors("a"))
        let theirs = try await Self.sharded(Self.tensors("d"), at: 1)
        let merged = try await MergedModel(base: .holding(Self.tensors()), ours: ours, theirs: theirs)
        #expect(merged.files.keys.sorted() == ["model.safetensors"])
        #expect(try await merged.checkpoint.tensors.map(\.name) == Self.names)
        #expect(try await merged.checkpoint.floats("a") == [1, 9])
        #expect(try await merged.checkpoint.floats("d") == [1, 9])
    }

    @Test func `an index is made anew and speaks of what is there`() async throws {
        let added = Self.tensors("d") + [TestTensor("e", [5, 6, 7])]
        let merged = try await MergedModel(
            base: Self.sharded(Self.tensors()), ours: Self.sharded(Self.tensors("a")), theirs: Self.sharded(added))
        // Opening a checkpoint checks its index against its files.
        let (checkpoint, findings) = try await Checkpoint.inspect(
            try await merged.checkpoint.group, of: merged.files.mapValues { BufferReader($0) })
        #expect(findings.isEmpty)
        #expect(checkpoint?["e"]?.path == "model-00002-of-00002.safetensors")
        #expect(checkpoint?.index?.totalSize == 4 * 8 + 12)
    }

    @Test func `an addition of theirs stands behind the neighbour it had`() async throws {
        let theirs = Self.tensors("b").flatMap { $0.name == "b" ? [$0, TestTensor("b2", [3])] : [$0] }
        let merged = try await MergedModel(
            base: .holding(Self.tensors()), ours: .holding(Self.tensors("a")), theirs: .holding(theirs))
        #expect(try await merged.checkpoint.tensors.map(\.name) == ["a", "b", "b2", "c", "d"])
    }

    @Test func `a shard that lost all its tensors is removed`() async throws {
        let merged = try await MergedModel(
            base: Self.sharded(Self.tensors()), ours: Self.sharded(Self.tensors("a")),
            theirs: .holding(Array(Self.tensors()[..<2])))
        #expect(merged.plan.removedPaths == ["model-00002-of-00002.safetensors"])
        #expect(merged.files.keys.sorted() == ["model-00001-of-00002.safetensors", "model.safetensors.index.json"])
    }

    @Test func `metadata is ours, and what only theirs has`() async throws {
        let ours = try await Checkpoint.holding(Self.tensors("a"), metadata: [("format", "pt"), ("author", "us")])
        let theirs = try await Checkpoint.holding(Self.tensors("b"), metadata: [("author", "them"), ("step", "7")])
        let merged = try await MergedModel(base: .holding(Self.tensors()), ours: ours, theirs: theirs)
        let metadata = try await merged.checkpoint.files[0].header.metadata
        #expect(metadata.map { "\($0.key.string)=\($0.value.string)" } == ["format=pt", "author=us", "step=7"])
    }

    @Test func `a merge with conflicts has no files`() async throws {
        let merged = try await MergedModel(
            base: Self.tensors(), ours: Self.tensors("ab"), theirs: Self.tensors("ac", value: 5))
        #expect(merged.plan.conflicts.map(\.name) == ["a"])
        #expect(merged.plan.files.isEmpty)
    }
}
