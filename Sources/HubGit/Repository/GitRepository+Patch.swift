import CLibgit2
package import HubCore

/// The difference of two commits as git writes it.
package struct TreePatch: Sendable, Equatable {
    /// What `git apply` takes.
    package let text: String

    /// Paths that are left out because the text would have become too long.
    package let omitted: [String]
}

extension GitRepository {
    /// The patch that leads from `old` (nil: the empty tree) to `new`, at most about `limit` bytes of it.
    ///
    /// A file is in it whole or not at all. Large blobs and binary ones are only said to differ.
    package func patch(from old: CommitID?, to new: CommitID, limit: Int) throws -> TreePatch {
        let before = try old.map { PatchedTree(try lookUp($0)) }
        let after = PatchedTree(try lookUp(new))
        var options = git_diff_options()
        try call { git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION)) }
        options.max_size = Self.patchedBlobLimit
        let diff = try make(freeing: { git_diff_free($0) }) {
            git_diff_tree_to_tree($0, pointer, before?.pointer, after.pointer, &options)
        }
        var text = ""
        var omitted: [String] = []
        for place in 0..<git_diff_num_deltas(diff.pointer) {
            let piece = text.utf8.count < limit ? try patch(place, of: diff.pointer) : ""
            if !piece.isEmpty, text.utf8.count + piece.utf8.count <= limit {
                text += piece
            } else if let path = Self.path(place, of: diff.pointer) {
                omitted.append(path)
            }
        }
        return TreePatch(text: text, omitted: omitted)
    }

    /// A blob of more bytes counts as binary.
    private static var patchedBlobLimit: Int64 { 1 << 20 }

    private func lookUp(_ commit: CommitID) throws -> Owned {
        var oid = git_oid(try self.commit(commit).tree)
        return try make(freeing: { git_tree_free($0) }) { git_tree_lookup($0, pointer, &oid) }
    }

    private func patch(_ place: Int, of diff: OpaquePointer) throws -> String {
        let patch = try make(freeing: { git_patch_free($0) }) { git_patch_from_diff($0, diff, place) }
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        try call { git_patch_to_buf(&buffer, patch.pointer) }
        guard let start = buffer.ptr else { return "" }
        let bytes = UnsafeRawBufferPointer(start: start, count: buffer.size)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func path(_ place: Int, of diff: OpaquePointer) -> String? {
        guard let delta = git_diff_get_delta(diff, place) else { return nil }
        return (delta.pointee.new_file.path ?? delta.pointee.old_file.path).map { String(cString: $0) }
    }
}

/// A tree that can be kept in an optional.
private final class PatchedTree {
    private let tree: Owned
    var pointer: OpaquePointer { tree.pointer }

    init(_ tree: consuming Owned) { self.tree = tree }
}
