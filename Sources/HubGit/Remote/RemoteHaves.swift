import HubCore

/// What a repository has, as far as another one has to be told to send only what is new.
package struct RemoteHaves: Sendable {
    /// What the refs point at: nobody has to send these.
    let targets: Set<ObjectID>

    /// The newest commits that branches point at.
    let tips: [ObjectID]

    /// The newest commits and their parents, as they are hashed.
    let commits: [ObjectID: [UInt8]]

    static let nothing = RemoteHaves(targets: [], tips: [], commits: [:])
}

extension GitRepository {
    /// The newest commits of the branches, whatever branch they are on.
    ///
    /// libgit2 names at most 256 commits before it settles for what is common by then.
    package func remoteHaves(limit: Int = 400) throws -> RemoteHaves {
        let refs = try refs()
        let heads = Set(refs.filter(\.name.isBranch).map(\.target))
        var open = try heads.map { try commit($0) }.sorted { $0.committer.seconds > $1.committer.seconds }
        open.removeLast(max(0, open.count - limit))
        let tips = open.map(\.id)
        var seen = Set(tips)
        var newest: [Commit] = []
        while newest.count < limit, let place = open.indices.max(by: { Self.isOlder(open[$0], open[$1]) }) {
            let commit = open.remove(at: place)
            newest.append(commit)
            for parent in commit.parents where seen.insert(parent).inserted { open.append(try self.commit(parent)) }
        }
        var commits: [ObjectID: [UInt8]] = [:]
        for id in seen { commits[id] = try read(id, as: .commit) }
        let targets = refs.reduce(into: Set<ObjectID>()) { found, ref in
            found.insert(ref.target)
            found.insert(ref.commit)
        }
        return RemoteHaves(targets: targets, tips: tips, commits: commits)
    }

    private static func isOlder(_ one: Commit, _ other: Commit) -> Bool {
        one.committer.seconds < other.committer.seconds
    }
}
