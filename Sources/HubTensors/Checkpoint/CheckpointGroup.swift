/// The files that make up one checkpoint: a safetensors file, or all shards of a set with their index.
///
/// A repository may hold several, such as the parts of a diffusion pipeline; tensors are matched by name
/// inside a group, never across.
package struct CheckpointGroup: Hashable, Sendable {
    /// The path without shard number and extension: `model`, `text_encoder/model`.
    package let name: String

    /// In the order of their paths.
    package let shardPaths: [String]

    /// The path of `….safetensors.index.json`, if there is one.
    package let indexPath: String?

    /// How many shards the file names speak of; nil if they are not numbered.
    package let numberedShardCount: Int?

    /// The folder of the group with its final slash; empty at the top.
    package var folder: String { Self.folder(of: name) }

    /// Sorts the safetensors files and indexes among `paths` into groups, in the order of their names.
    ///
    /// `indexed` says, for an index, the file names it speaks of: a file named there belongs to its group
    /// whatever it is called.
    package static func groups(
        among paths: some Sequence<String>, indexed: [String: Set<String>] = [:]
    ) -> [CheckpointGroup] {
        let paths = Set(paths)
        var owners: [String: String] = [:]
        for (index, names) in indexed.sorted(by: { $0.key < $1.key }) {
            guard let group = groupName(ofIndex: index) else { continue }
            for name in names { owners[folder(of: index) + name] = group }
        }
        var shards: [String: [String]] = [:]
        var counts: [String: Int] = [:]
        for path in paths where isSafetensors(path) {
            let (name, count) = nameAndShardCount(ofFile: path)
            let group = owners[path] ?? name
            shards[group, default: []].append(path)
            if let count { counts[group] = max(counts[group] ?? 0, count) }
        }
        for path in paths {
            if let group = groupName(ofIndex: path), shards[group] == nil { shards[group] = [] }
        }
        return shards.keys.sorted().map { name in
            let index = name + indexSuffix
            return CheckpointGroup(
                name: name,
                shardPaths: shards[name, default: []].sorted(),
                indexPath: paths.contains(index) ? index : nil,
                numberedShardCount: counts[name]
            )
        }
    }

    package static func isSafetensors(_ path: String) -> Bool { path.lowercased().hasSuffix(".safetensors") }

    package static func isIndex(_ path: String) -> Bool { path.hasSuffix(indexSuffix) }

    private static let indexSuffix = ".safetensors.index.json"

    private static func groupName(ofIndex path: String) -> String? {
        isIndex(path) ? String(path.dropLast(indexSuffix.count)) : nil
    }

    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    /// Takes `-00001-of-00004` off the end of a name.
    private static func nameAndShardCount(ofFile path: String) -> (name: String, count: Int?) {
        let stem = String(path.dropLast(".safetensors".count))
        let parts = stem.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[parts.count - 2] == "of",
            let number = shardNumber(parts[parts.count - 3]), let count = shardNumber(parts[parts.count - 1]),
            number <= count
        else { return (stem, nil) }
        return (parts.dropLast(3).joined(separator: "-"), count)
    }

    private static func shardNumber(_ text: Substring) -> Int? {
        guard (3...6).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }
}
