import HubCore

/// Lays the merged tensors out over files.
struct MergeLayout {
    private let ours: Checkpoint
    private let theirs: Checkpoint

    /// The tensors of each shard, in order, by path.
    private var shards: [String: [PlacedTensor]] = [:]

    /// A tensor of the result and where its bytes come from.
    struct PlacedTensor {
        let name: String
        let dtype: DType
        let shape: [Int]
        let bytes: MergedFile.Segment
    }

    init(base: Checkpoint, ours: Checkpoint, theirs: Checkpoint, decisions: [MergeDecision]) {
        self.ours = ours
        self.theirs = theirs
        let sources = MergeSources(base: base, ours: ours, theirs: theirs)
        let placed = Dictionary(
            decisions.compactMap { decision in sources.place(decision).map { (decision.name, $0) } },
            uniquingKeysWith: { first, _ in first })
        for file in ours.files { shards[file.path] = file.tensors.compactMap { placed[$0.name] } }
        let additions = theirs.tensors.filter { placed[$0.name] != nil && ours[$0.name] == nil }
        for tensor in additions { if let added = placed[tensor.name] { insert(added, of: tensor) } }
    }

    /// Files of ours that end up without a tensor, and the index when none is left.
    var removedPaths: [String] {
        let emptied = ours.files.map(\.path).filter { shards[$0]?.isEmpty ?? true }
        let isGone = shards.values.allSatisfy(\.isEmpty)
        return emptied + (isGone ? ours.index.map { [$0.path] } ?? [] : [])
    }

    /// The files that hold tensors, and the index if there are several.
    func files() -> [MergedFile] {
        let filled = shards.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        var files = filled.map { path, tensors in shard(path, tensors) }
        if filled.count > 1 || (ours.index != nil && !filled.isEmpty) { files.append(index(filled)) }
        return files
    }

    /// An addition of theirs goes behind the neighbour it has in their file, into that neighbour's shard.
    private mutating func insert(_ tensor: PlacedTensor, of source: Tensor) {
        let siblings = theirs.files.first { $0.path == source.path }?.tensors.map(\.name) ?? []
        let before = siblings.prefix { $0 != source.name }.reversed()
        for neighbour in before {
            for (path, tensors) in shards {
                guard let place = tensors.firstIndex(where: { $0.name == neighbour }) else { continue }
                shards[path]?.insert(tensor, at: place + 1)
                return
            }
        }
        let path = ours.files.first?.path ?? source.path
        shards[path, default: []].insert(tensor, at: 0)
    }

    private func shard(_ path: String, _ tensors: [PlacedTensor]) -> MergedFile {
        let old = ours.files.first { $0.path == path }
        let header = SafetensorsHeader(
            metadata: metadata(of: old, path),
            layingOut: tensors.map { ($0.name, $0.dtype, $0.shape, $0.bytes.byteCount) })
        if let old, tensors.map(\.name) == old.tensors.map(\.name), tensors.allSatisfy({ $0.bytes.isOurs(in: old) }) {
            return MergedFile(path: path, unchanged: old.reader)
        }
        return MergedFile(path: path, segments: [.bytes(header.serialized)] + tensors.map(\.bytes))
    }

    /// Ours' metadata, and what theirs has beyond it.
    private func metadata(of old: SafetensorsFile?, _ path: String) -> [(key: ByteString, value: ByteString)] {
        var entries = old?.header.metadata ?? []
        let other = theirs.files.first { $0.path == path } ?? theirs.files.first
        let known = Set(entries.map(\.key))
        for entry in other?.header.metadata ?? [] where !known.contains(entry.key) { entries.append(entry) }
        return entries
    }

    private func index(_ shards: [(key: String, value: [PlacedTensor])]) -> MergedFile {
        var map = JSONObject()
        var total = 0
        for (path, tensors) in shards {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            for tensor in tensors {
                map.set(ByteString(tensor.name), .string(ByteString(name)))
                total += tensor.bytes.byteCount
            }
        }
        var document = ours.index?.document ?? theirs.index?.document ?? JSONObject()
        var metadata = document["metadata"]?.object ?? JSONObject()
        metadata.set("total_size", .integer(total))
        document.set("metadata", .object(metadata))
        document.set("weight_map", .object(map))
        let text = JSONValue.object(document).prettyText() + [UInt8(ascii: "\n")]
        let path = ours.index?.path ?? theirs.index?.path ?? "\(ours.group.name).safetensors.index.json"
        return MergedFile(path: path, segments: [.bytes(text)])
    }
}

/// Finds the bytes a decision asks for.
private struct MergeSources {
    let base: Checkpoint
    let ours: Checkpoint
    let theirs: Checkpoint

    /// Nil for a tensor that is dropped or in conflict.
    func place(_ decision: MergeDecision) -> MergeLayout.PlacedTensor? {
        switch decision.outcome {
        case .drop, .conflict: nil
        case .keep(let side): kept(decision, side)
        case .cast(let side, let dtype): cast(decision, side, dtype)
        case .compute(let method): computed(decision, method)
        }
    }

    private func kept(_ decision: MergeDecision, _ side: MergeSide) -> MergeLayout.PlacedTensor? {
        guard let tensor = checkpoint(side)[decision.originalName ?? decision.name] else { return nil }
        return .init(
            name: decision.name, dtype: tensor.info.dtype, shape: tensor.info.shape, bytes: .copy(tensor, from: side))
    }

    private func cast(_ decision: MergeDecision, _ side: MergeSide, _ dtype: DType) -> MergeLayout.PlacedTensor? {
        guard let tensor = checkpoint(side)[decision.name] else { return nil }
        return .init(
            name: decision.name, dtype: dtype, shape: tensor.info.shape,
            bytes: .computed(ComputedTensor(.cast(tensor), dtype: dtype)))
    }

    private func computed(_ decision: MergeDecision, _ method: any MergeMethod) -> MergeLayout.PlacedTensor? {
        guard let ours = ours[decision.name], let theirs = theirs[decision.name] else { return nil }
        // A base of another shape says nothing about single elements.
        let base = base[decision.name].flatMap { $0.info.shape == ours.info.shape ? $0 : nil }
        let formula = ComputedTensor.Formula.merge(method, base: base, ours: ours, theirs: theirs)
        return .init(
            name: decision.name, dtype: ours.info.dtype, shape: ours.info.shape,
            bytes: .computed(ComputedTensor(formula, dtype: ours.info.dtype)))
    }

    private func checkpoint(_ side: MergeSide) -> Checkpoint {
        switch side {
        case .base: base
        case .ours: ours
        case .theirs: theirs
        }
    }
}

extension MergedFile.Segment {
    /// Whether these are the very bytes that stand at this place in ours.
    fileprivate func isOurs(in file: SafetensorsFile) -> Bool {
        guard case .copy(let tensor, .ours) = self else { return false }
        return tensor.path == file.path
    }
}
