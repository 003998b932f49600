package import HubCore

extension GitRepository {
    /// Everything that `tips` (commits or tag objects) reach and this repository's refs do not, checked.
    ///
    /// On a repository opened with a quarantine this is also the check that a push is complete: what is not in the
    /// pack must be reachable from the repository's own refs. That another repository has it does not count, and
    /// looks the same as that nobody has it (``GitError``, `.notFound`). Without a quarantine, objects need only
    /// exist: they were written or chosen by the hub itself.
    package func newContent(in tips: [ObjectID]) throws -> NewContent {
        var survey = ContentSurvey()
        try source.headers(tips)
        let commits = try survey.follow(tips, in: self)
        let known = try commitTips()
        var new: [Int] = []
        do {
            try forEachPosition(from: commits, hiding: known) { position in
                new.append(position)
                return true
            }
        } catch let error as GitError where error.code == .notFound {
            throw ContentSurvey.missingCommits
        }
        try survey.run(new, in: self)
        return survey.content
    }
}

extension GitRepository {
    /// What a ref that stood at `tip` would name, tag objects followed: a commit, or else a tree or a blob, which no ref
    /// may name.
    ///
    /// Nil if the object is neither in the quarantine nor this repository's.
    package func kindNamed(by tip: ObjectID) throws -> ObjectKind? {
        var id = tip
        for _ in 0..<16 where try source.header(id)?.kind == .tag { id = try tagTarget(id) }
        guard let kind = try source.header(id)?.kind else { return nil }
        // Whether another repository has an object must not show; whose a commit is, is found out later.
        guard kind != .commit, source.hasQuarantine, try !source.isQuarantined(id) else { return kind }
        return try visible(among: [id]).isEmpty ? nil : kind
    }
}

/// Walks over what is new and writes down what it sees.
private struct ContentSurvey {
    var content = NewContent()

    /// Trees the repository has or that were looked at, with the least depth they were seen at.
    private var trees: [ObjectID: Int] = [:]
    private var blobs: Set<ObjectID> = []

    /// Objects outside the quarantine that the repository must reach, and what they must be.
    private var outside: [ObjectID: ObjectKind] = [:]

    /// Places outside the quarantine to look at once it is certain that the repository reaches them.
    private var postponed: [(path: String, entry: TreeObject.Entry, depth: Int)] = []
    private var trustsOutside = false

    /// How deep directories may be nested.
    private static let depthLimit = 200

    /// How many paths one revision may have, counting what stands in a directory once for each time it is used.
    private static let pathCountLimit = 1_000_000

    /// Follows tag objects to commits.
    mutating func follow(_ tips: [ObjectID], in git: borrowing GitRepository) throws -> [CommitID] {
        var commits: [CommitID] = []
        for tip in tips {
            var id = tip
            for _ in 0..<16 where try git.kind(of: id) == .tag {
                try check(id, .tag, in: git)
                id = try git.tagTarget(id)
            }
            switch try git.kindNamed(by: id) {
            case .commit: break
            case .tree, .blob, .tag: throw GitError(code: .invalid, message: "\(tip) does not lead to a commit")
            case nil: throw Self.missing(id)
            }
            commits.append(id)
        }
        return commits
    }

    /// - Parameter commits: Places in the repository's table of commits.
    mutating func run(_ commits: [Int], in git: borrowing GitRepository) throws {
        let table = git.table
        let new = Set(commits)
        for position in Set(commits.flatMap { table.parents(of: $0) }).subtracting(new) {
            try markKnown(table.trees[position], in: git)
        }
        for position in commits {
            try check(table.ids[position], .commit, in: git)
            content.commits.append(table.ids[position])
            try look(at: table.trees[position], "", 0, in: git)
        }
        try checkOutside(in: git)
        if let newest = commits.first, !content.problems.contains(where: { $0.severity == .error }) {
            try checkPathCount(table.trees[newest], in: git)
        }
    }

    private mutating func checkOutside(in git: borrowing GitRepository) throws {
        let missing = try Set(outside.keys).subtracting(git.visible(among: Set(outside.keys)))
        if let id = missing.first { throw Self.missing(id) }
        try git.source.headers(Array(outside.keys))
        for (id, kind) in outside where try git.kind(of: id) != kind { throw Self.wrongKind(id, kind) }
        trustsOutside = true
        for (path, entry, depth) in postponed {
            if entry.isTree {
                try look(at: entry.id, path, depth, in: git)
            } else {
                try checkLink(entry.id, at: path, in: git)
            }
        }
    }

    private mutating func markKnown(_ root: ObjectID, in git: borrowing GitRepository) throws {
        var pending = [(root, 0)]
        while let (tree, depth) = pending.popLast() {
            guard depth < trees[tree] ?? .max else { continue }
            trees[tree] = depth
            for entry in try git.readTree(tree).entries where entry.mode != TreeObject.Mode.submodule {
                if entry.isTree { pending.append((entry.id, depth + 1)) } else { blobs.insert(entry.id) }
            }
        }
    }

    /// Counts an object in, if it may be there at all; false if the repository is said to have it already.
    @discardableResult
    private mutating func check(_ id: ObjectID, _ kind: ObjectKind, in git: borrowing GitRepository) throws -> Bool {
        guard git.source.hasQuarantine else { return true }
        guard let header = try git.source.quarantinedHeader(id) else {
            if !trustsOutside { outside[id] = kind }
            // A commit that is new must be in the pack; anything else may be older. Said as if nobody had it.
            if kind == .commit { throw Self.missingCommits }
            return false
        }
        guard header.kind == kind else { throw Self.wrongKind(id, kind) }
        content.objects.append(id)
        return true
    }

    private mutating func look(
        at root: ObjectID, _ path: String, _ depth: Int, in git: borrowing GitRepository
    ) throws {
        var pending = [(path: path, tree: root, depth: depth)]
        while let (path, tree, depth) = pending.popLast() {
            let before = trees[tree]
            guard depth < before ?? .max else { continue }
            if before == nil, try !check(tree, .tree, in: git), !trustsOutside {
                let entry = TreeObject.Entry(mode: TreeObject.Mode.tree, name: [], id: tree)
                postponed.append((path, entry, depth))
                continue
            }
            trees[tree] = depth
            guard depth <= Self.depthLimit else {
                content.problems.append(Finding(.error, "directories are nested too deep", in: path))
                continue
            }
            let entries = try git.readTree(tree).entries
            content.problems += TreeRules.problems(of: entries, in: path)
            for entry in entries {
                // Most entries are as they were in the commit before.
                let isOld =
                    entry.isTree ? depth + 1 >= trees[entry.id] ?? .max : blobs.contains(entry.id)
                guard !isOld || entry.mode == TreeObject.Mode.symlink else { continue }
                let place = path.isEmpty ? entry.text : "\(path)/\(entry.text)"
                if entry.isTree {
                    pending.append((place, entry.id, depth + 1))
                } else {
                    try look(at: entry, place, in: git)
                }
            }
        }
    }

    private mutating func look(at entry: TreeObject.Entry, _ path: String, in git: borrowing GitRepository) throws {
        guard let mode = FileMode(entry.mode), mode != .submodule else { return }
        if mode == .symlink {
            if git.source.hasQuarantine, try !git.source.isQuarantined(entry.id), !trustsOutside {
                postponed.append((path, entry, 0))
            } else {
                try checkLink(entry.id, at: path, in: git)
            }
        }
        guard blobs.insert(entry.id).inserted, try check(entry.id, .blob, in: git) else { return }
        guard let header = try git.source.header(entry.id) else { throw Self.missing(entry.id) }
        guard header.kind == .blob else { throw Self.wrongKind(entry.id, .blob) }
        content.files.append(NewContent.File(path: path, id: entry.id, mode: mode, size: header.size))
        if mode.isFile, GitFileRules.concern(entry.name) { try checkGitFile(entry, header, at: path, in: git) }
        guard header.size <= LFSPointer.maximumByteCount, mode.isFile else { return }
        if let pointer = LFSPointer(parsing: try git.read(entry.id, as: .blob)) {
            content.pointers.append(NewContent.Pointer(path: path, pointer: pointer))
        }
    }

    private mutating func checkGitFile(
        _ entry: TreeObject.Entry, _ header: ObjectHeader, at path: String, in git: borrowing GitRepository
    ) throws {
        guard header.size <= GitFileRules.sizeLimit else {
            content.problems.append(
                Finding(.error, "the file has more than \(GitFileRules.sizeLimit) bytes; git reads it whole", in: path))
            return
        }
        guard let problem = GitFileRules.problem(of: entry.name, try git.read(entry.id, as: .blob)) else { return }
        content.problems.append(Finding(.error, problem, in: path))
    }

    private mutating func checkLink(_ id: ObjectID, at path: String, in git: borrowing GitRepository) throws {
        guard let header = try git.source.header(id), header.size <= GitRepository.pathLimit else {
            content.problems.append(Finding(.error, "the symbolic link names no path", in: path))
            return
        }
        let target = String(decoding: try git.read(id, as: .blob), as: UTF8.self)
        guard !PathRules.staysInside(link: target, at: path) else { return }
        content.problems.append(Finding(.error, "the symbolic link leads out of the repository", in: path))
    }

    private mutating func checkPathCount(_ root: ObjectID, in git: borrowing GitRepository) throws {
        var counts: [ObjectID: Int] = [:]
        guard try Self.count(root, in: git, depth: 0, &counts) > Self.pathCountLimit else { return }
        content.problems.append(
            Finding(.error, "the revision has more than \(Self.pathCountLimit) files and directories", in: ""))
    }

    private static func count(
        _ tree: ObjectID, in git: borrowing GitRepository, depth: Int, _ counts: inout [ObjectID: Int]
    ) throws -> Int {
        if let known = counts[tree] { return known }
        guard depth <= depthLimit else { return pathCountLimit + 1 }
        var total = 0
        for entry in try git.readTree(tree).entries {
            total += 1
            if entry.isTree { total += try count(entry.id, in: git, depth: depth + 1, &counts) }
            guard total <= pathCountLimit else { break }
        }
        counts[tree] = total
        return total
    }

    static let missingCommits = GitError(
        code: .notFound, message: "the push is incomplete: it needs commits that this repository does not have")

    private static func missing(_ id: ObjectID) -> GitError {
        GitError(
            code: .notFound, message: "the push is incomplete: it needs \(id), which this repository does not have")
    }

    private static func wrongKind(_ id: ObjectID, _ kind: ObjectKind) -> GitError {
        GitError(code: .invalid, message: "the push uses \(id) as a \(kind), which it is not")
    }
}

extension GitRepository {
    func kind(of id: ObjectID) throws -> ObjectKind {
        guard let header = try source.header(id) else {
            throw GitError(
                code: .notFound, message: "the push is incomplete: it needs \(id), which this repository does not have")
        }
        return header.kind
    }
}
