package import HubCore

extension GitRepository {
    /// Writes the whole history anew as if the files that are pointers to `contents` had never been there.
    ///
    /// Moves no ref. Commits that did not hold such a
    /// file, and whose ancestors did not, stay as they are; all others keep their author, time and message, also when
    /// nothing is left of them, and lose their signature, which would be false.
    package func historyWithout(_ contents: Set<ContentDigest>) throws -> RewrittenHistory {
        var rewrite = HistoryRewrite(removing: contents)
        let refs = try refs()
        var commits: [CommitID] = []
        let tips = try Set(refs.map(\.commit)).filter { try kind(of: $0) == .commit }
        try forEachCommit(from: Array(tips)) { id in
            commits.append(id)
            return true
        }
        for id in commits.reversed() { try rewrite.add(id, in: self) }
        var rewritten = RewrittenHistory(commits: rewrite.commits)
        for ref in refs {
            let new = try rewrite.target(ref.target, in: self)
            if new != ref.target { rewritten.moves.append((ref, new)) }
        }
        return rewritten
    }
}

/// A history that was written anew beside the one there is.
package struct RewrittenHistory: Sendable {
    /// Each ref that is to move, with what it should stand at.
    package fileprivate(set) var moves: [(ref: GitRef, new: ObjectID)] = []

    /// Each commit that is another one now, and which.
    package let commits: [CommitID: CommitID]

    fileprivate init(commits: [CommitID: CommitID]) { self.commits = commits }
}

/// What becomes of each object of a history; those that stay as they are stand for themselves.
private struct HistoryRewrite {
    private let contents: Set<ContentDigest>
    private(set) var commits: [ObjectID: ObjectID] = [:]

    /// Nil for a tree nothing is left of.
    private var trees: [ObjectID: ObjectID?] = [:]
    private var pointers: [ObjectID: Bool] = [:]

    init(removing contents: Set<ContentDigest>) { self.contents = contents }

    /// Writes a commit anew if it has to change; its parents have been added before.
    mutating func add(_ id: CommitID, in git: borrowing GitRepository) throws {
        let commit = try git.commit(id)
        let tree = try tree(commit.tree, in: git) ?? git.write(.tree, [])
        let parents = commit.parents.map { commits[$0] ?? $0 }
        guard tree != commit.tree || parents != commit.parents else { return }
        let old = CommitText(try git.read(id, as: .commit))
        let made = try git.write(.commit, old.bytes(tree: tree, parents: parents))
        commits[id] = made
    }

    /// What a ref that names `id`, a commit or a tag object, is to name.
    func target(_ id: ObjectID, depth: Int = 16, in git: borrowing GitRepository) throws -> ObjectID {
        if let new = commits[id] { return new }
        guard depth > 0, try git.kind(of: id) == .tag else { return id }
        let named = try git.tagTarget(id)
        let new = try target(named, depth: depth - 1, in: git)
        guard new != named else { return id }
        let old = try git.read(id, as: .tag)
        let end = old.firstIndex(of: UInt8(ascii: "\n")) ?? old.endIndex
        return try git.write(.tag, Array("object \(new.hex)".utf8) + old[end...])
    }

    private mutating func tree(_ id: ObjectID, in git: borrowing GitRepository) throws -> ObjectID? {
        if let known = trees[id] { return known }
        let old = try git.readTree(id)
        var entries: [TreeObject.Entry] = []
        for var entry in old.entries {
            if entry.isTree {
                guard let kept = try tree(entry.id, in: git) else { continue }
                entry.id = kept
            } else if try entry.mode != TreeObject.Mode.submodule && isUnwanted(entry.id, in: git) {
                continue
            }
            entries.append(entry)
        }
        let new =
            entries == old.entries
            ? id : entries.isEmpty ? nil : try git.write(.tree, TreeObject(entries: entries).bytes)
        trees[id] = .some(new)
        return new
    }

    private mutating func isUnwanted(_ blob: ObjectID, in git: borrowing GitRepository) throws -> Bool {
        if let known = pointers[blob] { return known }
        var answer = false
        if let header = try git.source.header(blob), header.size <= LFSPointer.maximumByteCount {
            let pointer = LFSPointer(parsing: try git.readBlob(blob, limit: LFSPointer.maximumByteCount))
            answer = pointer.map { contents.contains($0.digest) } ?? false
        }
        pointers[blob] = answer
        return answer
    }
}

/// A commit as git stores it, to be written with another tree and other parents and otherwise unchanged.
private struct CommitText {
    /// The headers that stay, and everything from the blank line on.
    private var rest: [UInt8] = []

    init(_ bytes: [UInt8]) {
        var place = bytes.startIndex
        var isDropping = false
        while place < bytes.endIndex {
            let end = bytes[place...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.endIndex
            let line = bytes[place..<end]
            guard line.first != UInt8(ascii: "\n") else { break }
            // A line that begins with a space goes on with the header before it.
            if line.first != UInt8(ascii: " ") {
                isDropping = ["tree ", "parent ", "gpgsig ", "gpgsig-sha256 "].contains { line.starts(with: $0.utf8) }
            }
            if !isDropping { rest += line }
            place = end
        }
        rest += bytes[place...]
    }

    func bytes(tree: ObjectID, parents: [CommitID]) -> [UInt8] {
        var bytes = Array("tree \(tree.hex)\n".utf8)
        for parent in parents { bytes += Array("parent \(parent.hex)\n".utf8) }
        return bytes + rest
    }
}
