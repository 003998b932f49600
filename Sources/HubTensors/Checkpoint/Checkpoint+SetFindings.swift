import HubCore

extension Checkpoint {
    /// What is wrong with the files as a set, each being sound by itself.
    func setFindings(limit: Int) -> [Finding] {
        var findings = duplicates() + missingShards()
        if let index {
            findings += missing(from: index)
            findings += unlisted(in: index)
            findings += sizeFinding(index)
        }
        return Array(findings.prefix(limit))
    }

    private func duplicates() -> [Finding] {
        tensors.compactMap { tensor in
            guard let first = self[tensor.name], first.path != tensor.path else { return nil }
            return Finding(.error, "the tensor stands in '\(first.path)' too", in: tensor.path, tensor: tensor.name)
        }
    }

    private func missingShards() -> [Finding] {
        guard let first = files.first else {
            return index.map { [Finding(.error, "the index stands alone, without a safetensors file", in: $0.path)] }
                ?? []
        }
        if let count = group.numberedShardCount, files.count < count, index == nil {
            return [Finding(.error, "the names speak of \(count) shards, but \(files.count) are here", in: first.path)]
        }
        if files.count > 1, index == nil {
            return [
                Finding(
                    .warning,
                    "a checkpoint of \(files.count) files has no '\(group.name).safetensors.index.json'",
                    in: first.path
                )
            ]
        }
        return []
    }

    private func missing(from index: ShardIndex) -> [Finding] {
        let present = Set(files.map(\.path))
        var reported: Set<String> = []
        return index.files.compactMap { name, file in
            let path = group.folder + file
            guard present.contains(path) else {
                guard reported.insert(path).inserted else { return nil }
                return Finding(.error, "the index points to '\(file)', which is not here", in: index.path, tensor: name)
            }
            guard self[name]?.path == path else {
                return Finding(
                    .error, "the index points to '\(file)', which does not hold it", in: index.path, tensor: name)
            }
            return nil
        }
    }

    private func unlisted(in index: ShardIndex) -> [Finding] {
        let listed = Set(index.files.map(\.tensor))
        return tensors.filter { !listed.contains($0.name) }.map { tensor in
            Finding(
                .warning, "the index does not list the tensor; loaders may skip it", in: tensor.path,
                tensor: tensor.name)
        }
    }

    private func sizeFinding(_ index: ShardIndex) -> [Finding] {
        guard let totalSize = index.totalSize, totalSize != byteCount else { return [] }
        return [
            Finding(
                .warning, "the index says the tensors have \(totalSize) bytes; they have \(byteCount)", in: index.path)
        ]
    }
}
