package import HubCore
import HubDatabase
import NIOPosix

/// Objects the hub makes itself for a push, kept apart until the push is accepted.
///
/// They are in a temporary file, as those of a push by git are, so that memory does not grow with them. Drop the value
/// and they are gone.
package struct ObjectDraft: Sendable {
    private let file: ScratchFile
    private var table: ObjectTable
    private var end = 0

    /// - Parameter folder: Where the temporary file is made.
    package init(scratch folder: String) throws {
        file = try ScratchFile(in: folder)
        table = ObjectTable(in: folder)
    }

    /// The objects so far, to be published.
    package var quarantine: Quarantine {
        Quarantine(objects: QuarantinedObjects(table, in: file), packBytes: end)
    }

    /// How many bytes the objects take.
    package var byteCount: Int { end }

    /// Keeps a blob and returns its name.
    package mutating func addBlob(_ bytes: [UInt8]) async throws -> ObjectID {
        let (file, place) = (file, end)
        let (id, slot) = try await NIOThreadPool.singleton.runIfActive {
            let id = try ObjectID(of: .blob, bytes)
            return (id, try Self.store(GitObject(kind: .blob, bytes: bytes), in: file, at: place))
        }
        try keep(slot, as: id)
        return id
    }

    mutating func add(_ object: GitObject, as id: ObjectID) throws {
        guard try table.number(of: id) == nil else { return }
        try keep(Self.store(object, in: file, at: end), as: id)
    }

    private mutating func keep(_ slot: ObjectTable.Slot, as id: ObjectID) throws {
        guard try table.number(of: id) == nil else { return }
        _ = try table.append(id, at: slot)
        end += slot.length
    }

    private static func store(
        _ object: GitObject, in file: ScratchFile, at place: Int
    ) throws(GitError) -> ObjectTable.Slot {
        let deflated = try Zlib.deflate(object.bytes)
        try file.write(deflated, at: place)
        return ObjectTable.Slot(
            header: ObjectHeader(kind: object.kind, size: object.bytes.count), offset: place, length: deflated.count)
    }
}

/// A commit that has been written and that no ref names yet.
package struct DraftedCommit: Sendable {
    package let id: CommitID
    package let tree: ObjectID

    /// What was handed in, and the trees and the commit.
    package let objects: ObjectDraft
}

extension GitStore {
    /// Writes a commit into a draft: the tree of `base`, or the empty one, with changes applied.
    ///
    /// - Parameters:
    ///   - parents: The commit's parents; the base need not be one.
    ///   - changes: Says what is to change, having seen the repository and the tree of the base.
    package func draft(
        onto base: CommitID?, parents: [CommitID], author: Signature, message: String, in repository: Int64,
        with objects: ObjectDraft,
        changes: @escaping @Sendable (borrowing GitRepository, _ base: ObjectID?) throws -> [FileChange]
    ) async throws -> DraftedCommit {
        try await database.read { connection in
            let git = try objects.quarantine.open(connection, repository: repository, caches)
            git.source.stagesWrites = true
            let old = try base.map { try git.commit($0).tree }
            let tree = try git.writeTree(try changes(git, old), onto: old)
            let text = try CommitText(tree: tree, parents: parents, author: author, message: message)
            let id = try git.write(.commit, text.bytes)
            var objects = objects
            for (id, object) in git.source.staged { try objects.add(object, as: id) }
            return DraftedCommit(id: id, tree: tree, objects: objects)
        }
    }
}

extension GitStore {
    /// Writes an annotated tag of a commit into a draft, and returns its name.
    package func draft(
        tag name: RefName, of commit: CommitID, tagger: Signature, message: String, with objects: ObjectDraft
    ) throws -> (id: ObjectID, objects: ObjectDraft) {
        let text =
            "object \(commit.hex)\ntype commit\ntag \(name.short)\ntagger \(try tagger.headerText)\n\n\(message)\n"
        let tag = GitObject(kind: .tag, bytes: Array(text.utf8))
        let id = try ObjectID(of: .tag, tag.bytes)
        var objects = objects
        try objects.add(tag, as: id)
        return (id, objects)
    }
}

/// A commit object, written out.
private struct CommitText {
    let bytes: [UInt8]

    init(tree: ObjectID, parents: [CommitID], author: Signature, message: String) throws(GitError) {
        let who = try author.headerText
        let lines =
            ["tree \(tree.hex)"] + parents.map { "parent \($0.hex)" } + ["author \(who)", "committer \(who)", "", ""]
        bytes = Array((lines.joined(separator: "\n") + message).utf8)
    }
}

extension Signature {
    /// The line of a commit or tag, behind its key; a name that would break it is a ``GitError`` (`.invalid`).
    fileprivate var headerText: String {
        get throws(GitError) {
            _ = try makeLibgit2()
            let minutes = abs(offset)
            func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
            let zone = "\(offset < 0 ? "-" : "+")\(two(minutes / 60))\(two(minutes % 60))"
            return "\(name) <\(email)> \(seconds) \(zone)"
        }
    }
}
