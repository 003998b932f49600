package import HubCore

/// Looks at the files that describe a model together, reading headers and no weights.
package enum StructureCheck {
    /// Whether the check reads the file at `path`.
    package static func reads(_ path: String) -> Bool {
        CheckpointGroup.isSafetensors(path) || CheckpointGroup.isIndex(path) || isGGUF(path) || isConfiguration(path)
    }

    /// What is wrong with the files, by themselves, as sets of shards, and against config.json.
    ///
    /// Fast enough to run while a push waits.
    package static func findings(files: [String: any ByteReader]) async throws -> [Finding] {
        var findings: [Finding] = []
        for group in try await Checkpoint.groups(in: files) {
            let (checkpoint, faults) = try await Checkpoint.inspect(group, of: files)
            findings += faults
            guard let checkpoint, let (path, reader) = configuration(for: group, in: files) else { continue }
            findings += try await ConfigurationCheck.findings(checkpoint, configuration: reader, path: path)
        }
        for (path, reader) in files.sorted(by: { $0.key < $1.key }) where isGGUF(path) {
            findings += try await GGUFFile.inspect(reader, path: path).findings
        }
        return findings
    }

    private static func isGGUF(_ path: String) -> Bool { path.lowercased().hasSuffix(".gguf") }

    private static func isConfiguration(_ path: String) -> Bool {
        path == ConfigurationCheck.fileName || path.hasSuffix("/" + ConfigurationCheck.fileName)
    }

    /// The config.json beside a checkpoint that holds a whole model.
    ///
    /// Adapters and training states have other names and shapes of their own.
    private static func configuration(
        for group: CheckpointGroup,
        in files: [String: any ByteReader]
    ) -> (String, any ByteReader)? {
        let path = group.folder + ConfigurationCheck.fileName
        guard group.name == group.folder + "model", let reader = files[path] else { return nil }
        return (path, reader)
    }
}
