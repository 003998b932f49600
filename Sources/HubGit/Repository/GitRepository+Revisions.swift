package import HubCore

extension GitRepository {
    /// Finds the commit a client means, or nil.
    ///
    /// In this order: a branch, a tag, a full ref name, `HEAD`, then a commit id of 40 hex digits or the first seven
    /// or more of one. A commit that no ref of this repository reaches is not found, whoever else has it.
    package func resolve(_ revision: String) throws -> CommitID? {
        if revision == "HEAD" { return try ref(defaultBranch)?.commit }
        let names = ["refs/heads/\(revision)", "refs/tags/\(revision)", revision]
        for name in names {
            guard let name = RefName(ifWellFormed: name), let found = try ref(name) else { continue }
            return try isCommit(found.commit) ? found.commit : nil
        }
        return try resolve(hex: revision)
    }

    /// Whether some ref of this repository reaches `commit`.
    package func reaches(_ commit: CommitID) throws -> Bool { try !reached(among: [commit]).isEmpty }

    /// Those of `commits` that some ref of this repository reaches.
    package func reached(among commits: Set<CommitID>) throws -> Set<CommitID> {
        guard !commits.isEmpty else { return [] }
        let marks = try reachedCommits()
        let table = table
        return commits.filter { id in table.position(of: id).map { marks[$0] } ?? false }
    }

    /// The commits the refs point at, each once.
    func commitTips() throws -> [CommitID] { try snapshot().commitTips }

    private func isCommit(_ id: ObjectID) throws -> Bool { try source.header(id)?.kind == .commit }

    private func resolve(hex text: String) throws -> CommitID? {
        let count = text.utf8.count
        guard (7...40).contains(count), text.utf8.allSatisfy({ Self.isHexDigit($0) }) else { return nil }
        let padded = text + String(repeating: "0", count: 40 - count)
        let range = try ObjectID(parsing: padded).range(ofPrefixLength: count)
        let candidates = try source.rows.ids(
            from: range.lowerBound, through: range.upperBound, kind: .commit, limit: Self.candidateLimit)
        let reached = try candidates.filter { commit in try reaches(commit) }
        return reached.count == 1 ? reached[0] : nil
    }

    /// How many commits of all repositories may begin alike before a short id is no answer.
    private static var candidateLimit: Int { 8 }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

extension RefName {
    /// A name that came from outside and may be anything; nil if no ref can have it.
    init?(ifWellFormed text: String) {
        do {
            try self.init(parsing: text)
        } catch {
            return nil
        }
    }
}
