import CLibgit2
import Foundation
package import HubCore

/// A file that both sides of a merge changed in ways git cannot join.
package struct FileConflict: Sendable, Hashable {
    package var path: String
    package var base: RevisionFile?
    package var ours: RevisionFile?
    package var theirs: RevisionFile?

    /// Both sides are text, so the folder holds both with conflict markers between.
    package var isText: Bool
}

/// One of the two sides of a merge.
package enum MergeSide: String, Sendable {
    case ours
    case theirs
}

extension WorkingCopy {
    /// What a merge of `theirs` into `ours` would leave to decide; nothing is changed.
    package func conflicts(merging theirs: CommitID, into ours: CommitID) throws -> [FileConflict] {
        let merged = try mergedIndex(ours, theirs)
        return try conflicts(in: merged.pointer)
    }

    /// The conflicts of the merge in progress that nobody has decided yet.
    package func openConflicts() throws -> [FileConflict] { try withIndex { try conflicts(in: $0) } }

    /// Begins to merge `theirs` into the current branch: `MERGE_HEAD` stands, the folder holds what could be joined.
    ///
    /// Text in conflict gets markers, or with `favour` that side's lines. Of other files in conflict the folder keeps
    /// ours. Returns what is left to decide; ``commit(_:author:)`` ends the merge, ``abortMerge()`` undoes it.
    package func startMerge(
        of theirs: CommitID, named name: String, message: String, favour: MergeSide? = nil
    ) throws -> [FileConflict] {
        guard try mergeHeads().isEmpty else {
            throw HubError.conflict("a merge is in progress; finish it with --continue or undo it with --abort")
        }
        try requireClean(before: "merging")
        guard let ours = try head().commit else { throw HubError.revisionNotFound("there is no commit to merge into") }
        let merged = HeldIndex(try mergedIndex(ours, theirs))
        let conflicts = try conflicts(in: merged.pointer)
        for conflict in conflicts {
            if conflict.isText, let favour {
                try join(conflict.path, favour, in: merged.pointer)
            } else if !conflict.isText {
                try keepOneSide(of: conflict, in: merged.pointer)
            }
        }
        try makeWay(forIndex: merged.pointer)
        try checkOut(merged.pointer, theirName: name)
        try withIndex { index in
            for conflict in conflicts where !conflict.isText { try mark(conflict, in: index) }
            try git { git_index_write(index) }
        }
        try Data("\(theirs.hex)\n".utf8).write(to: URL(fileURLWithPath: "\(gitFolder)/MERGE_HEAD"))
        try Data("\(message)\n".utf8).write(to: URL(fileURLWithPath: "\(gitFolder)/MERGE_MSG"))
        return conflicts.filter { !$0.isText || favour == nil }
    }

    /// Gives up the merge in progress; the folder is as the last commit has it.
    package func abortMerge() throws {
        guard try !mergeHeads().isEmpty else { throw HubError.invalid("no merge is in progress") }
        guard let commit = try head().commit else { throw HubError.revisionNotFound("there is no commit to return to") }
        try reset(to: commit)
    }

    /// Decides a conflict by taking one side's file, or its absence.
    package func settle(_ conflict: FileConflict, by side: MergeSide) throws {
        guard let file = side == .ours ? conflict.ours : conflict.theirs else {
            try stageRemoval(of: conflict.path)
            try withIndex { index in
                try clearConflict(conflict.path, in: index)
                try git { git_index_write(index) }
            }
            return
        }
        if let pointer = file.pointer, content.holds(pointer) { return try stage(conflict.path, as: pointer) }
        try Data(try blob(file.blob)).write(to: URL(fileURLWithPath: location(of: conflict.path)), options: .atomic)
        try withIndex { index in
            try clearConflict(conflict.path, in: index)
            try git { git_index_add_bypath(index, conflict.path) }
            try git { git_index_write(index) }
        }
    }

    // MARK: Steps

    /// Merges by path, without looking for renames and with one base: a pointer must never be joined with another.
    private func mergedIndex(_ ours: CommitID, _ theirs: CommitID) throws -> Owned {
        var options = git_merge_options()
        try git { git_merge_options_init(&options, UInt32(GIT_MERGE_OPTIONS_VERSION)) }
        options.flags = GIT_MERGE_NO_RECURSIVE.rawValue
        let ourCommit = try commitObject(ours)
        let theirCommit = try commitObject(theirs)
        return try Owned(freeing: { git_index_free($0) }) {
            git_merge_commits($0, handle.pointer, ourCommit.pointer, theirCommit.pointer, &options)
        }
    }

    private func conflicts(in index: OpaquePointer) throws -> [FileConflict] {
        guard git_index_has_conflicts(index) == 1 else { return [] }
        let iterator = try Owned(freeing: { git_index_conflict_iterator_free($0) }) {
            git_index_conflict_iterator_new($0, index)
        }
        var found: [FileConflict] = []
        var base: UnsafePointer<git_index_entry>?
        var ours: UnsafePointer<git_index_entry>?
        var theirs: UnsafePointer<git_index_entry>?
        while git_index_conflict_next(&base, &ours, &theirs, iterator.pointer) == 0 {
            guard let path = (ours ?? theirs ?? base)?.pointee.path.map({ String(cString: $0) }) else { continue }
            var conflict = FileConflict(
                path: path, base: try file(base), ours: try file(ours), theirs: try file(theirs), isText: false)
            conflict.isText = try isText(conflict)
            found.append(conflict)
        }
        return found
    }

    private func file(_ entry: UnsafePointer<git_index_entry>?) throws -> RevisionFile? {
        guard let entry = entry?.pointee else { return nil }
        let isExecutable = entry.mode == GIT_FILEMODE_BLOB_EXECUTABLE.rawValue
        return try file(String(cString: entry.path), ObjectID(copying: entry.id), isExecutable: isExecutable)
    }

    private func isText(_ conflict: FileConflict) throws -> Bool {
        guard let ours = conflict.ours, let theirs = conflict.theirs, ours.pointer == nil, theirs.pointer == nil else {
            return false
        }
        return try [ours, theirs].allSatisfy { try !blob($0.blob).prefix(8000).contains(0) }
    }

    /// Joins a text file, taking `side` wherever both changed the same lines.
    private func join(_ path: String, _ side: MergeSide, in index: OpaquePointer) throws {
        var base: UnsafePointer<git_index_entry>?
        var ours: UnsafePointer<git_index_entry>?
        var theirs: UnsafePointer<git_index_entry>?
        try git { git_index_conflict_get(&base, &ours, &theirs, index, path) }
        guard let mode = ours?.pointee.mode else { return }
        var options = git_merge_file_options()
        try git { git_merge_file_options_init(&options, UInt32(GIT_MERGE_FILE_OPTIONS_VERSION)) }
        options.favor = side == .ours ? GIT_MERGE_FILE_FAVOR_OURS : GIT_MERGE_FILE_FAVOR_THEIRS
        var result = git_merge_file_result()
        try git { git_merge_file_from_index(&result, handle.pointer, base, ours, theirs, &options) }
        defer { git_merge_file_result_free(&result) }
        let bytes = Array(UnsafeRawBufferPointer(start: result.ptr, count: result.len))
        try put(writeBlob(bytes), mode, at: path, in: index)
    }

    /// Lets the folder hold ours, or theirs where we deleted the file, until someone decides.
    private func keepOneSide(of conflict: FileConflict, in index: OpaquePointer) throws {
        guard let file = conflict.ours ?? conflict.theirs else { return }
        let mode = file.isExecutable ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB
        try put(file.blob, mode.rawValue, at: conflict.path, in: index)
    }

    private func put(_ blob: ObjectID, _ mode: UInt32, at path: String, in index: OpaquePointer) throws {
        try clearConflict(path, in: index)
        var entry = git_index_entry()
        entry.mode = mode
        entry.id = blob.forLibgit2
        let status = path.withCString { name in
            entry.path = name
            return git_index_add(index, &entry)
        }
        try git { status }
    }

    private func checkOut(_ merged: OpaquePointer, theirName: String) throws {
        var options = git_checkout_options()
        try git { git_checkout_options_init(&options, UInt32(GIT_CHECKOUT_OPTIONS_VERSION)) }
        options.checkout_strategy =
            GIT_CHECKOUT_SAFE.rawValue | GIT_CHECKOUT_RECREATE_MISSING.rawValue
            | GIT_CHECKOUT_ALLOW_CONFLICTS.rawValue | GIT_CHECKOUT_CONFLICT_STYLE_MERGE.rawValue
        let status = "ours".withCString { our in
            theirName.withCString { their in
                options.our_label = our
                options.their_label = their
                return git_checkout_index(handle.pointer, merged, &options)
            }
        }
        try git { status }
    }

    /// Puts the three sides of a conflict into the index, where git looks for them.
    private func mark(_ conflict: FileConflict, in index: OpaquePointer) throws {
        try conflict.path.withCString { name in
            func entry(_ file: RevisionFile?) -> git_index_entry {
                var entry = git_index_entry()
                guard let file else { return entry }
                let mode = file.isExecutable ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB
                entry.mode = mode.rawValue
                entry.id = file.blob.forLibgit2
                entry.path = name
                return entry
            }
            let sides = [conflict.base, conflict.ours, conflict.theirs]
            let entries = sides.map(entry)
            try entries.withUnsafeBufferPointer { buffer in
                func side(_ position: Int) -> UnsafePointer<git_index_entry>? {
                    sides[position] == nil ? nil : buffer.baseAddress?.advanced(by: position)
                }
                try git { git_index_conflict_add(index, side(0), side(1), side(2)) }
            }
        }
    }
}

/// An index that lives as long as this object: what many steps use, each of which may fail.
private final class HeldIndex {
    private let index: Owned
    var pointer: OpaquePointer { index.pointer }

    init(_ index: consuming Owned) { self.index = index }
}
