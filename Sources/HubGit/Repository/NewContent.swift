package import HubCore

/// What commits bring to a repository that its refs did not reach before.
package struct NewContent: Sendable {
    /// A file that is new, at the first path it was found.
    package struct File: Sendable, Hashable {
        package let path: String
        package let id: ObjectID
        package let mode: FileMode

        /// Length in bytes; of a git-lfs pointer, the pointer's.
        package let size: Int
    }

    /// A git-lfs pointer that is new.
    package struct Pointer: Sendable, Hashable {
        package let path: String
        package let pointer: LFSPointer
    }

    /// Newest first.
    package internal(set) var commits: [CommitID] = []
    package internal(set) var files: [File] = []
    package internal(set) var pointers: [Pointer] = []

    /// Names no checkout should see, links that lead outside, submodules: everything a tree can do wrong.
    package internal(set) var problems: [Finding] = []

    /// The quarantined objects all this is made of.
    package internal(set) var objects: [ObjectID] = []

    /// Nothing new.
    package init() {}
}
