package import HubCore
package import HubGit
import HubTensors

/// One commit of a working copy, its files readable as bytes from this machine.
package struct LocalRevision: Sendable {
    /// Brings content that is not on this machine into the store; the second argument is the commit that names it.
    package typealias Fetcher = @Sendable (Set<LFSPointer>, CommitID) async throws -> Void

    package let commit: CommitID
    package let files: [String: RevisionFile]

    /// Paths that are read from the folder itself, not from the store.
    private let onDisk: Set<String>

    /// The working copy's folder.
    private let folder: String

    package init(_ commit: CommitID, in folder: String) throws {
        self.commit = commit
        self.folder = folder
        onDisk = []
        files = try Dictionary(
            WorkingCopy(containing: folder).files(at: commit).map { ($0.path, $0) }, uniquingKeysWith: { $1 })
    }

    /// The tracked files as they lie in the folder now.
    package init(workFilesOf folder: String) throws {
        let copy = try WorkingCopy(containing: folder)
        let head = try copy.head().commit
        var files = try head.map { try LocalRevision($0, in: folder).files } ?? [:]
        var onDisk: Set<String> = []
        for change in try copy.status() where !change.isUntracked {
            files[change.path] = nil
            guard change.unstaged != .deleted, change.staged != .deleted || change.unstaged != nil else { continue }
            onDisk.insert(change.path)
            files[change.path] = RevisionFile(
                path: change.path, blob: .zero, isExecutable: false, pointer: nil, size: 0)
        }
        commit = head ?? .zero
        self.files = files
        self.onDisk = onDisk
        self.folder = folder
    }

    /// Paths at which the two revisions differ.
    package func changes(to other: LocalRevision) -> Set<String> {
        Set(files.keys).union(other.files.keys).filter {
            files[$0]?.blob != other.files[$0]?.blob || files[$0]?.isExecutable != other.files[$0]?.isExecutable
        }
    }

    /// The large files among `paths` whose content is not on this machine.
    package func missing(_ paths: some Sequence<String>) throws -> Set<LFSPointer> {
        let copy = try WorkingCopy(containing: folder)
        var missing: Set<LFSPointer> = []
        for path in paths {
            guard let pointer = files[path]?.pointer, try copy.file(holding: pointer) == nil else { continue }
            missing.insert(pointer)
        }
        return missing
    }

    /// Readers of the files at `paths`; content that is not on this machine is ``HubError/missingContent(_:)``.
    package func open(_ paths: some Sequence<String>) throws -> [String: any ByteReader] {
        let copy = try WorkingCopy(containing: folder)
        var readers: [String: any ByteReader] = [:]
        for path in paths {
            guard let file = files[path] else { continue }
            guard !onDisk.contains(path) else {
                readers[path] = try MappedFile(path: copy.location(of: path))
                continue
            }
            guard let pointer = file.pointer else {
                readers[path] = BufferReader(try copy.blob(file.blob))
                continue
            }
            guard let place = try copy.file(holding: pointer) else { throw HubError.missingContent([pointer.digest]) }
            readers[path] = try MappedFile(path: place)
        }
        return readers
    }

    /// The paths of safetensors files and their indexes.
    package var weightPaths: [String] {
        files.keys.filter { CheckpointGroup.isSafetensors($0) || CheckpointGroup.isIndex($0) }.sorted()
    }
}
