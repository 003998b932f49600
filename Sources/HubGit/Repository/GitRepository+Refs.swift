package import HubCore
import HubDatabase

extension GitRepository {
    /// All refs, by name.
    package func refs() throws -> [GitRef] { try snapshot().refs }

    /// Whether there is no ref.
    package var isEmpty: Bool {
        get throws { try connection.queryOne("SELECT 1 FROM git_ref WHERE repository_id = ? LIMIT 1", [id]) == nil }
    }

    /// All refs, read once for as long as nothing changes them.
    func snapshot() throws -> RefSnapshot {
        if let refs = memory.refs { return refs }
        let version = try refVersion
        let refs = try memory.knownRefs(at: version) ?? readRefs(at: version)
        memory.refs = refs
        return refs
    }

    private var refVersion: Int64 {
        get throws {
            try connection.queryOne("SELECT version FROM git_ref_version WHERE repository_id = ?", [id])?.int64(0) ?? 0
        }
    }

    private func readRefs(at version: Int64) throws -> RefSnapshot {
        var refs: [GitRef] = []
        let sql = "SELECT name, target, peeled FROM git_ref WHERE repository_id = ?"
        try connection.forEachRow(of: sql, [id]) { row in
            refs.append(
                GitRef(
                    name: try RefName(parsing: row.string(0)), target: try row.objectID(1),
                    peeled: try row.optional(2, row.objectID)))
            return true
        }
        refs.sort { $0.name.name.utf8.lexicographicallyPrecedes($1.name.name.utf8) }
        return RefSnapshot(
            version: version, refs: refs, defaultBranch: try defaultBranch, commitTips: try commits(among: refs))
    }

    /// Those that are commits of all that the refs lead to.
    private func commits(among refs: [GitRef]) throws -> [CommitID] {
        let targets = Array(Set(refs.map(\.commit)))
        let table = memory.table
        let headers = try source.headers(targets.filter { table.position(of: $0) == nil })
        return targets.filter { table.position(of: $0) != nil || headers[$0]?.kind == .commit }
    }

    /// Says that the refs are no longer what was read of them.
    func noteChange() throws {
        memory.refs = nil
        guard !memory.isMovingMany else { return }
        try connection.execute(
            """
            INSERT INTO git_ref_version (repository_id, version) VALUES (?, 1)
            ON CONFLICT (repository_id) DO UPDATE SET version = git_ref_version.version + 1
            """, [id])
    }

    /// The ref called `name`, or nil.
    package func ref(_ name: RefName) throws -> GitRef? {
        try connection.queryOne(
            "SELECT target, peeled FROM git_ref WHERE repository_id = ? AND name = ?", [id, name]
        ).map { row in
            GitRef(name: name, target: try row.objectID(0), peeled: try row.optional(1, row.objectID))
        }
    }

    /// The branch that `HEAD` stands for, whether or not it exists yet; `main` until set.
    package var defaultBranch: RefName {
        get throws {
            try connection.queryOne("SELECT name FROM git_default_branch WHERE repository_id = ?", [id])
                .map { row in try RefName(parsing: row.string(0)) } ?? .main
        }
    }

    package func setDefaultBranch(_ branch: RefName) throws {
        guard branch.isBranch else {
            throw GitError(code: .invalidSpec, message: "\(branch) is not a branch")
        }
        try connection.execute(
            """
            INSERT INTO git_default_branch (repository_id, name) VALUES (?, ?)
            ON CONFLICT (repository_id) DO UPDATE SET name = excluded.name
            """, [id, branch])
        try noteChange()
    }

    /// Points `ref` at `new` if it still stands at `old`; nil means that it does not exist.
    ///
    /// Throws ``GitError`` with `.modified` and the present head when someone else was first, `.notFound` when `new`
    /// does not exist, `.invalidSpec` when a branch would name something else than a commit, and `.exists` when a
    /// new name clashes with another (`a` and `a/b`, or `A` and `a`, cannot both be checked out everywhere).
    package func move(_ ref: RefName, from old: ObjectID?, to new: ObjectID?) throws {
        switch (old, new) {
        case (nil, nil): try check(try self.ref(ref) == nil, ref)
        case (nil, let new?): try create(ref, at: new)
        case (let old?, nil):
            let sql = "DELETE FROM git_ref WHERE repository_id = ? AND name = ? AND target = ?"
            try check(try connection.execute(sql, [id, ref, old]) == 1, ref)
            memory.names = nil
        case (let old?, let new?):
            let peeled = try peel(new, for: ref)
            let sql = "UPDATE git_ref SET target = ?, peeled = ? WHERE repository_id = ? AND name = ? AND target = ?"
            try check(try connection.execute(sql, [new, peeled, id, ref, old]) == 1, ref)
        }
        try noteChange()
    }

    /// Copies the refs and the default branch of repository `other`; this one must be empty.
    ///
    /// Pull requests stay where they are: their refs belong to a discussion the copy does not have.
    package func copyRefs(from other: Int64) throws {
        try connection.execute(
            """
            INSERT INTO git_ref (repository_id, name, name_key, target, peeled)
            SELECT CAST(? AS BIGINT), name, name_key, target, peeled FROM git_ref
            WHERE repository_id = ? AND SUBSTR(name, 1, 8) <> 'refs/pr/'
            """, [id, other])
        try setDefaultBranch(try GitRepository(connection, repository: other).defaultBranch)
    }

    /// Forgets every ref; objects that only they reached can be reached through no repository any more.
    package func removeAll() throws {
        try connection.execute("DELETE FROM git_ref WHERE repository_id = ?", [id])
        try connection.execute("DELETE FROM git_default_branch WHERE repository_id = ?", [id])
        try ClosureRows(connection: connection).remove(of: id)
        try noteChange()
    }

    private func create(_ ref: RefName, at new: ObjectID) throws {
        let peeled = try peel(new, for: ref)
        try checkClashes(of: ref)
        let sql = """
            INSERT INTO git_ref (repository_id, name, name_key, target, peeled) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (repository_id, name) DO NOTHING
            """
        try check(try connection.execute(sql, [id, ref, RefKey(ref).text, new, peeled]) == 1, ref)
        memory.names?.insert(ref)
    }

    private func check(_ moved: Bool, _ ref: RefName) throws {
        guard !moved else { return }
        throw GitError(code: .modified, message: "\(ref) has moved", head: try self.ref(ref)?.target)
    }

    private func checkClashes(of ref: RefName) throws {
        guard !memory.isMovingMany else {
            guard let sentence = try namesInUse().clash(with: ref) else { return }
            throw GitError(code: .exists, message: sentence)
        }
        let key = RefKey(ref)
        let same = [key] + key.folders
        let marks = Array(repeating: "?", count: same.count).joined(separator: ", ")
        let clash = try connection.queryOne(
            """
            SELECT name FROM git_ref WHERE repository_id = ? AND name <> ? AND name_key IN (\(marks))
            UNION ALL
            SELECT name FROM git_ref WHERE repository_id = ? AND name_key >= ? AND name_key < ?
            LIMIT 1
            """,
            [id, ref.name] + same.map(\.text) + [id, key.inside.from, key.inside.to] as [any SQLValueConvertible])
        if let clash { throw GitError(code: .exists, message: RefKey.sentence(ref, beside: try clash.string(0))) }
    }

    /// What an annotated tag finally points at, or nil if `target` is no tag.
    private func peel(_ target: ObjectID, for ref: RefName) throws -> ObjectID? {
        var id = target
        for _ in 0..<Self.tagDepth {
            guard let kind = try source.header(id)?.kind else {
                throw GitError(code: .notFound, message: "git object \(id) does not exist")
            }
            guard kind == .tag else {
                guard kind == .commit || !ref.isBranch else { break }
                guard id == target || !ref.isBranch else { break }
                return id == target ? nil : id
            }
            id = try tagTarget(id)
        }
        throw GitError(code: .invalidSpec, message: "\(ref) cannot point at \(target)")
    }

    /// How many tags of tags are followed.
    private static var tagDepth: Int { 16 }

    /// What a tag object names.
    func tagTarget(_ tag: ObjectID) throws -> ObjectID {
        try GitObject(kind: .tag, bytes: read(tag, as: .tag)).tagTarget()
    }
}
