package import HubCore
import HubGit

/// Tells clients how to send files, before they do.
package struct UploadPlanService: Sendable {
    let git: GitStore
    let limits: HubLimits

    /// A file a client means to send.
    package struct File: Sendable {
        package let path: String
        package let size: Int

        /// Its first bytes, some hundred.
        package let sample: [UInt8]

        package init(path: String, size: Int, sample: [UInt8]) {
            self.path = path
            self.size = size
            self.sample = sample
        }
    }

    /// How to send it.
    package struct Advice: Sendable {
        package let path: String
        package let isLarge: Bool
        package let isIgnored: Bool

        /// What the path holds now: the SHA-256 of a large file, the git id of a plain one.
        package let present: String?
    }

    /// Advice on each file.
    ///
    /// - Parameters:
    ///   - commit: The revision to be built on; nil in an empty repository.
    ///   - ignore: The text of a `.gitignore` that takes the place of the revision's.
    package func advise(
        on files: [File],
        at commit: CommitID?,
        ignore: String?,
        in record: RepositoryRecord
    ) async throws -> [Advice] {
        for file in files { try CommitPath.check(file.path) }
        let limit = limits.plainFileBytes
        do {
            return try await git.read(record.rowID) { git in
                let tree = try commit.map { try git.commit($0).tree }
                var rules = PathRuleSet(
                    attributes: tree == nil ? RepositoryService.attributes : nil, ignore: ignore)
                return try files.map { file in
                    let isLarge = try rules.isLarge(file.path, in: tree, git) ?? file.wantsToBeLarge(limit)
                    let entry = try commit.flatMap { try RevisionEntry.find(file.path, at: $0, git: git) }
                    return Advice(
                        path: file.path,
                        isLarge: file.size > limit || (isLarge && file.size > 0),
                        isIgnored: try rules.isIgnored(file.path, in: tree, git),
                        present: entry.flatMap { $0.isFolder ? nil : $0.pointer?.digest.hex ?? $0.id.hex })
                }
            }
        } catch let error as GitError where error.code == .invalid {
            throw HubError.invalid(error.message)
        }
    }
}

extension UploadPlanService.File {
    /// Whether a file no rule speaks of is better kept out of git: a big one, or one that is no text.
    fileprivate func wantsToBeLarge(_ limit: Int) -> Bool {
        size > limit || sample.contains { $0 < 0x20 && !Self.textControls.contains($0) }
    }

    /// Tab, line ends, form feed, backspace and escape.
    private static let textControls: Set<UInt8> = [0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x1B]
}
