import CLibgit2
import Foundation
import HubCore

/// How one file differs from the last commit.
package struct FileStatus: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Codable {
        case added
        case modified
        case deleted
        /// A file became a link or the reverse.
        case retyped
        /// Not in git yet.
        case untracked
    }

    package var path: String

    /// Between the last commit and what the next one would hold.
    package var staged: Kind?

    /// Between what the next commit would hold and the folder.
    package var unstaged: Kind?

    /// Both sides of a merge changed it, and nobody has decided yet.
    package var isConflicted: Bool

    package var isUntracked: Bool { unstaged == .untracked }
}

extension WorkingCopy {
    /// What differs from the last commit, sorted by path; nothing means clean.
    package func status(below paths: [String] = []) throws -> [FileStatus] {
        try withIndex { try refreshLargeFiles(in: $0) }
        return try Self.withStrings(paths) { pathspec in
            var options = git_status_options()
            try git { git_status_options_init(&options, UInt32(GIT_STATUS_OPTIONS_VERSION)) }
            options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR
            options.flags =
                GIT_STATUS_OPT_INCLUDE_UNTRACKED.rawValue | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS.rawValue
                | GIT_STATUS_OPT_DISABLE_PATHSPEC_MATCH.rawValue | GIT_STATUS_OPT_SORT_CASE_SENSITIVELY.rawValue
                | GIT_STATUS_OPT_UPDATE_INDEX.rawValue
            options.pathspec = pathspec
            let list = try Owned(freeing: { git_status_list_free($0) }) {
                git_status_list_new($0, handle.pointer, &options)
            }
            return try (0..<git_status_list_entrycount(list.pointer)).compactMap { position in
                guard let entry = git_status_byindex(list.pointer, position) else { return nil }
                return try Self.change(entry.pointee)
            }
        }
    }

    private static func change(_ entry: git_status_entry) throws -> FileStatus? {
        guard let delta = entry.head_to_index ?? entry.index_to_workdir,
            let name = delta.pointee.new_file.path ?? delta.pointee.old_file.path
        else { return nil }
        let flags = entry.status.rawValue
        func first(of kinds: [(git_status_t, FileStatus.Kind)]) -> FileStatus.Kind? {
            kinds.first { flags & $0.0.rawValue != 0 }?.1
        }
        let change = FileStatus(
            path: String(cString: name),
            staged: first(of: [
                (GIT_STATUS_INDEX_NEW, .added), (GIT_STATUS_INDEX_MODIFIED, .modified),
                (GIT_STATUS_INDEX_DELETED, .deleted), (GIT_STATUS_INDEX_TYPECHANGE, .retyped),
            ]),
            unstaged: first(of: [
                (GIT_STATUS_WT_NEW, .untracked), (GIT_STATUS_WT_MODIFIED, .modified),
                (GIT_STATUS_WT_DELETED, .deleted), (GIT_STATUS_WT_TYPECHANGE, .retyped),
            ]),
            isConflicted: flags & GIT_STATUS_CONFLICTED.rawValue != 0)
        return change.staged == nil && change.unstaged == nil && !change.isConflicted ? nil : change
    }

    /// Lends `strings` to libgit2 as a `git_strarray`.
    static func withStrings<Result>(
        _ strings: [String], _ body: (git_strarray) throws -> Result
    ) throws -> Result {
        var copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        let count = copies.count
        return try copies.withUnsafeMutableBufferPointer {
            try body(git_strarray(strings: $0.baseAddress, count: count))
        }
    }

    /// Throws unless every tracked file is as the last commit has it.
    package func requireClean(before action: String) throws {
        let dirty = try status().filter { !$0.isUntracked }
        guard let first = dirty.first else { return }
        let others = dirty.count > 1 ? " and \(dirty.count - 1) more" : ""
        throw HubError.conflict("'\(first.path)'\(others) changed; commit the changes before \(action)")
    }
}
