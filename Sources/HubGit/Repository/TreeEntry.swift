package import HubCore

/// What a path names in a tree.
package enum FileMode: Hashable, Sendable {
    case file
    case executable
    case symlink
    case directory
    /// A commit of another repository.
    case submodule

    init?(_ mode: UInt32) {
        switch mode {
        // 0o100664 was written by old gits.
        case TreeObject.Mode.file, 0o100664: self = .file
        case TreeObject.Mode.executable: self = .executable
        case TreeObject.Mode.symlink: self = .symlink
        case TreeObject.Mode.tree: self = .directory
        case TreeObject.Mode.submodule: self = .submodule
        default: return nil
        }
    }

    /// As trees write it.
    var raw: UInt32 {
        switch self {
        case .file: TreeObject.Mode.file
        case .executable: TreeObject.Mode.executable
        case .symlink: TreeObject.Mode.symlink
        case .directory: TreeObject.Mode.tree
        case .submodule: TreeObject.Mode.submodule
        }
    }

    /// Whether the bytes are a file's, executable or not.
    package var isFile: Bool { self == .file || self == .executable }
}

/// One path of a revision.
package struct TreeEntry: Hashable, Sendable {
    /// From the root, without a leading slash.
    package let path: String
    package let mode: FileMode
    package let id: ObjectID

    /// Length of the blob in bytes; 0 for directories and submodules.
    package let size: Int

    /// The last part of the path.
    package var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// One path that differs between two revisions; exactly one side is nil where it was added or removed.
package struct TreeChange: Hashable, Sendable {
    package let path: String
    package let old: TreeEntry?
    package let new: TreeEntry?
}
