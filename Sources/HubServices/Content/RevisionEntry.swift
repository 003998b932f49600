package import HubCore
import HubGit

/// A file or folder at a revision, with what it stands for: a large file is its pointer's content.
package struct RevisionEntry: Sendable, Hashable {
    package let path: String
    package let id: ObjectID
    package let isFolder: Bool
    package let isSymlink: Bool

    /// Bytes of the file itself.
    ///
    /// For a large file, of the content its pointer names. 0 for a folder.
    package let size: Int
    package let pointer: LFSPointer?
    package var xetHash: XetHash?
}

extension RevisionEntry {
    /// Lists a folder; nothing there is ``HubError/entryNotFound(_:)``.
    static func list(
        at commit: CommitID,
        below path: String,
        recursive: Bool,
        git: borrowing GitRepository
    ) throws -> [RevisionEntry] {
        var entries: [RevisionEntry] = []
        for entry in try git.tree(of: commit, path: path, recursive: recursive) {
            entries.append(try RevisionEntry(entry, git: git))
        }
        return entries
    }

    static func find(_ path: String, at commit: CommitID, git: borrowing GitRepository) throws -> RevisionEntry? {
        guard let entry = try git.entry(at: path, in: commit) else { return nil }
        return try RevisionEntry(entry, git: git)
    }

    /// Lists all files of a commit, and reads no pointer twice that stands in `known`.
    ///
    /// - Parameter known: What small files turned out to be, for listings of many revisions.
    static func files(
        at commit: CommitID,
        knowing known: inout [ObjectID: LFSPointer?],
        git: borrowing GitRepository
    ) throws -> [RevisionEntry] {
        var files: [RevisionEntry] = []
        for entry in try git.tree(of: commit, path: "", recursive: true) where entry.mode != .directory {
            if let pointer = known[entry.id] {
                files.append(RevisionEntry(entry, pointer: pointer))
            } else {
                let file = try RevisionEntry(entry, git: git)
                if known.count >= 1_000_000 { known.removeAll() }
                if entry.mode.isFile { known[entry.id] = .some(file.pointer) }
                files.append(file)
            }
        }
        return files
    }

    private init(_ entry: TreeEntry, pointer: LFSPointer?) {
        path = entry.path
        id = entry.id
        isFolder = false
        isSymlink = entry.mode == .symlink
        self.pointer = entry.mode.isFile ? pointer : nil
        size = self.pointer?.size ?? entry.size
    }

    init(_ entry: TreeEntry, git: borrowing GitRepository) throws {
        path = entry.path
        id = entry.id
        isFolder = entry.mode == .directory
        isSymlink = entry.mode == .symlink
        let mayPoint = entry.mode.isFile && entry.size <= LFSPointer.maximumByteCount
        pointer = mayPoint ? LFSPointer(parsing: try git.readBlob(entry.id, limit: LFSPointer.maximumByteCount)) : nil
        size = pointer?.size ?? entry.size
    }
}
