import CLibgit2
package import HubCore

extension BareRepository {
    /// Copies what `tips` reach and `known` do not, into a file in `scratch`, as if it had been pushed.
    ///
    /// Every object is read by itself, large files in pieces, written as the only pack there is without deltas, and
    /// then found and hashed as in any other pack: the limits are a push's.
    package func quarantine(
        _ tips: [ObjectID], hiding known: [CommitID], scratch: String, limits: PushLimits
    ) throws -> Quarantine {
        var survey = ObjectSurvey()
        try survey.run(tips, hiding: known, in: self)
        let file = try ScratchFile(in: scratch)
        var length = 0
        func append(_ bytes: [UInt8]) throws(GitError) {
            guard length + bytes.count <= limits.packBytes else {
                throw .invalid("the objects take more than the \(limits.packBytes) bytes allowed")
            }
            try file.write(bytes, at: length)
            length += bytes.count
        }
        try append(PackFormat.header(count: survey.found.count))
        var large = LargeBlobs(of: path, scratch: scratch, limits: limits)
        for id in survey.found {
            let header = try header(id)
            let limit = header.kind == .blob ? max(limits.objectBytes, limits.fileBytes) : limits.objectBytes
            guard header.size <= limit else {
                throw GitError.invalid(Self.tooLarge(id, header, limit))
            }
            try append(PackFormat.entryHeader(header))
            if header.kind == .blob, header.size > Self.wholeBytes {
                let deflater = try Deflater()
                let isFound = try large.forEachPiece(of: id, size: header.size) { piece throws(GitError) in
                    try append(deflater.deflate(piece, isLast: false))
                }
                if isFound {
                    try append(deflater.deflate([], isLast: true))
                    continue
                }
                guard header.size <= limits.objectBytes else {
                    throw GitError.invalid("object \(id) is kept in another place than the repository's own folder")
                }
            }
            try append(Zlib.deflate(object(id).bytes))
        }
        let index = try PackIndex(file, length: length, limits: limits)
        return Quarantine(objects: QuarantinedObjects(index.objects, in: file), packBytes: length)
    }
}

extension BareRepository {
    /// Longer blobs are read in pieces.
    private static var wholeBytes: Int { 4 << 20 }

    private static func tooLarge(_ id: ObjectID, _ header: ObjectHeader, _ limit: Int) -> String {
        guard header.kind == .blob else { return "object \(id) has more than the \(limit) bytes allowed" }
        return
            "file \(id) has \(header.size) bytes as a plain git file, over the limit of \(limit); move it to git-lfs "
            + "('git lfs migrate import'), or let the hub keep such files in chunks (plain-files.over-limit = chunk)"
    }
}

/// Finds each object once; of those that were there before it looks at the trees of the commits next to the new ones.
private struct ObjectSurvey {
    private(set) var found: [ObjectID] = []
    private var seen: Set<ObjectID> = []

    mutating func run(_ tips: [ObjectID], hiding known: [CommitID], in bare: borrowing BareRepository) throws {
        let walk = try Owned(freeing: { git_revwalk_free($0) }) { git_revwalk_new($0, bare.pointer) }
        for tip in tips {
            var id = git_oid(try followTags(from: tip, in: bare))
            try git { git_revwalk_push(walk.pointer, &id) }
        }
        for known in known where bare.has(known) {
            var id = git_oid(known)
            try git { git_revwalk_hide(walk.pointer, &id) }
        }
        var commits: [(id: CommitID, commit: CommitHead)] = []
        var next = git_oid()
        while true {
            let status = git_revwalk_next(&next, walk.pointer)
            guard status != GIT_ITEROVER.rawValue else { break }
            if status == GIT_ENOTFOUND.rawValue { try requireCommits(behind: tips, in: bare) }
            try git { status }
            commits.append((ObjectID(next), try CommitHead(try bare.object(ObjectID(next)))))
        }
        let new = Set(commits.map(\.id))
        for parent in Set(commits.flatMap(\.commit.parents)).subtracting(new) {
            try see(tree: try CommitHead(try bare.object(parent)).tree, isNew: false, in: bare)
        }
        for (id, commit) in commits {
            add(id, isNew: true)
            try see(tree: commit.tree, isNew: true, in: bare)
        }
    }

    /// Throws at the first that is missing.
    private mutating func requireCommits(behind tips: [ObjectID], in bare: borrowing BareRepository) throws {
        var pending = try tips.map { try followTags(from: $0, in: bare) }
        var seen = Set(pending)
        while let id = pending.popLast() {
            pending += try CommitHead(try bare.object(id)).parents.filter { seen.insert($0).inserted }
        }
    }

    private mutating func followTags(from tip: ObjectID, in bare: borrowing BareRepository) throws -> CommitID {
        var id = tip
        while try bare.header(id).kind == .tag {
            add(id, isNew: true)
            id = try bare.tagTarget(id)
        }
        return id
    }

    @discardableResult
    private mutating func add(_ id: ObjectID, isNew: Bool) -> Bool {
        guard seen.insert(id).inserted else { return false }
        if isNew { found.append(id) }
        return true
    }

    private mutating func see(tree root: ObjectID, isNew: Bool, in bare: borrowing BareRepository) throws {
        var pending = [root]
        while let tree = pending.popLast() {
            guard add(tree, isNew: isNew) else { continue }
            let object = try bare.object(tree)
            guard object.kind == .tree else {
                throw GitError(code: .invalid, message: "\(tree) is used as a tree, which it is not")
            }
            for entry in try TreeObject(parsing: object.bytes).entries where entry.mode != TreeObject.Mode.submodule {
                if entry.isTree { pending.append(entry.id) } else { add(entry.id, isNew: isNew) }
            }
        }
    }
}

/// The lines a commit begins with: its tree, and what it follows.
private struct CommitHead {
    let tree: ObjectID
    private(set) var parents: [CommitID] = []

    init(_ object: GitObject) throws {
        guard object.kind == .commit else {
            throw GitError(code: .invalid, message: "something is used as a commit, which it is not")
        }
        var lines = object.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        tree = try Self.id(lines.popFirst() ?? [], after: "tree ")
        while let line = lines.popFirst(), line.starts(with: "parent ".utf8) {
            parents.append(try Self.id(line, after: "parent "))
        }
    }

    private static func id(_ line: ArraySlice<UInt8>, after word: String) throws -> ObjectID {
        let text = String(decoding: line, as: UTF8.self)
        guard text.hasPrefix(word) else { throw GitError(code: .invalid, message: "a commit is malformed") }
        return try ObjectID(parsing: text.dropFirst(word.count))
    }
}
