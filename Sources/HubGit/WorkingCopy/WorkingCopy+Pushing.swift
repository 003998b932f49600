package import HubCore

extension WorkingCopy {
    /// The large files that `commit` and its history name and no known branch of `remote` does.
    ///
    /// Known is what the last fetch or push saw. Each content is listed once, under the newest path that has it.
    package func newLargeFiles(in commit: CommitID, notOn remote: String) throws -> [RevisionFile] {
        let known = try remoteBranches(of: remote).map(\.commit)
        var seen: Set<LFSPointer> = []
        var found: [RevisionFile] = []
        for commit in try log(commit, excluding: known) {
            for file in try files(changedBy: commit) {
                guard let pointer = file.pointer, seen.insert(pointer).inserted else { continue }
                found.append(file)
            }
        }
        return found
    }

    /// The files of `commit` that none of its parents has in that form.
    private func files(changedBy commit: LoggedCommit) throws -> [RevisionFile] {
        let old = try Set(commit.parents.flatMap { try files(at: $0).map(\.blob) })
        return try files(at: commit.id).filter { !old.contains($0.blob) }
    }
}
