package import HubCore

/// A model's weights: tensors by name over one safetensors file or all shards of a set.
///
/// A checkpoint that exists is sound: every header was accepted, no tensor stands twice, and the index, if
/// there is one, speaks of what is there.
package struct Checkpoint: Sendable {
    package let group: CheckpointGroup

    /// In the order of their paths.
    package let files: [SafetensorsFile]
    package let index: ShardIndex?

    /// In the order of files, and of bytes in them.
    package let tensors: [Tensor]
    private let places: [String: Int]

    package subscript(_ name: String) -> Tensor? { places[name].map { tensors[$0] } }

    package var elementCount: Int { tensors.reduce(0) { $0 + $1.info.elementCount } }

    package var byteCount: Int { tensors.reduce(0) { $0 + $1.info.byteCount } }

    /// A checkpoint without tensors: the other side of one that was added or removed.
    package static let empty = Checkpoint(
        group: CheckpointGroup(name: "", shardPaths: [], indexPath: nil, numberedShardCount: nil),
        files: [],
        index: nil
    )

    private init(group: CheckpointGroup, files: [SafetensorsFile], index: ShardIndex?) {
        self.group = group
        self.files = files
        self.index = index
        tensors = files.flatMap { file in
            file.tensors.map { Tensor(info: $0, path: file.path, reader: file.reader) }
        }
        places = Dictionary(tensors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The groups among `files`, with the help of the indexes' own words.
    package static func groups(in files: [String: any ByteReader]) async throws -> [CheckpointGroup] {
        var indexed: [String: Set<String>] = [:]
        for (path, reader) in files where CheckpointGroup.isIndex(path) {
            indexed[path] = try await ShardIndex.inspect(reader, path: path).index.map { Set($0.files.map(\.file)) }
        }
        return CheckpointGroup.groups(among: files.keys, indexed: indexed)
    }

    /// Opens the only checkpoint among `files`, or throws ``HubError/refused(_:)`` with what is wrong with it.
    package static func open(_ files: [String: any ByteReader]) async throws -> Checkpoint {
        let groups = try await groups(in: files)
        guard let group = groups.first, groups.count == 1 else {
            throw HubError.invalid(
                groups.isEmpty
                    ? "there is no safetensors file"
                    : "there are several checkpoints (\(groups.map(\.name).joined(separator: ", "))); name one"
            )
        }
        return try await open(group, of: files)
    }

    /// Opens one group of `files`, or throws ``HubError/refused(_:)`` with what is wrong with it.
    package static func open(_ group: CheckpointGroup, of files: [String: any ByteReader]) async throws -> Checkpoint {
        let (checkpoint, findings) = try await inspect(group, of: files)
        guard let checkpoint else { throw HubError.refused(findings.filter { $0.severity == .error }) }
        return checkpoint
    }

    /// Reads the headers of one group; nil if any finding is an error.
    package static func inspect(
        _ group: CheckpointGroup,
        of files: [String: any ByteReader],
        limits: SafetensorsLimits = SafetensorsLimits()
    ) async throws -> (checkpoint: Checkpoint?, findings: [Finding]) {
        var findings: [Finding] = []
        var opened: [SafetensorsFile] = []
        for path in group.shardPaths {
            guard let reader = files[path] else {
                findings.append(Finding(.error, "the file is missing", in: path))
                continue
            }
            let (file, faults) = try await SafetensorsFile.inspect(reader, path: path, limits: limits)
            findings += faults
            if let file { opened.append(file) }
        }
        var index: ShardIndex?
        if let path = group.indexPath, let reader = files[path] {
            let (read, faults) = try await ShardIndex.inspect(reader, path: path)
            findings += faults
            index = read
        }
        let checkpoint = Checkpoint(group: group, files: opened, index: index)
        if findings.isEmpty { findings = checkpoint.setFindings(limit: limits.findingCount) }
        return (findings.contains { $0.severity == .error } ? nil : checkpoint, findings)
    }
}
