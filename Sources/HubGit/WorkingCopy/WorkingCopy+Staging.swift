import CLibgit2
import Foundation
package import HubCore

/// What a call of ``WorkingCopy/stage(_:)`` did.
package struct Staging: Sendable, Equatable {
    package var added: [String] = []
    package var removed: [String] = []

    /// Of the added, those kept as large files.
    package var large: [String: LFSPointer] = [:]

    package init() {}
}

extension WorkingCopy {
    /// Takes the changes below `paths` into the next commit; the empty path is the whole folder.
    ///
    /// Large files are copied into the store and stand in git as pointers. A repository without `.gitattributes`
    /// gets one, and a long file that no rule covers gets a line in it.
    package func stage(_ paths: [String], progress: (String) -> Void = { _ in }) throws -> Staging {
        try ensureAttributes()
        var changes = try status(below: paths.contains("") ? [] : paths).filter {
            $0.unstaged != nil || $0.isConflicted
        }
        try checkNamesExist(paths, changes)
        if try addRules(for: changes) || !isTracked(".gitattributes") {
            changes.removeAll { $0.path == ".gitattributes" }
            changes.insert(FileStatus(path: ".gitattributes", unstaged: .modified, isConflicted: false), at: 0)
        }
        return try withIndex { index in
            var staging = Staging()
            for change in changes {
                progress(change.path)
                try stage(change.path, into: index, noting: &staging)
            }
            try git { git_index_write(index) }
            return staging
        }
    }

    private func stage(_ path: String, into index: OpaquePointer, noting staging: inout Staging) throws {
        let location = location(of: path)
        guard let status = FileStat(of: location) else {
            try git { git_index_remove_bypath(index, path) }
            staging.removed.append(path)
            return
        }
        staging.added.append(path)
        guard status.isRegular, status.size > 0, try isLarge(path) else {
            try git { git_index_add_bypath(index, path) }
            return
        }
        if status.size <= LFSPointer.maximumByteCount, let bytes = FileManager.default.contents(atPath: location),
            LFSPointer(parsing: Array(bytes)) != nil
        {
            // Still a pointer, not materialised: it stays the one it is.
            try git { git_index_add_bypath(index, path) }
            return
        }
        let pointer = try content.keep(copyOf: location)
        try clearConflict(path, in: index)
        try enter(path, writeBlob(Array(pointer.text.utf8)), status, into: index)
        staging.large[path] = pointer
    }

    /// Forgets the sides of a merge conflict over `path`, if there is one.
    func clearConflict(_ path: String, in index: OpaquePointer) throws {
        do {
            try git { git_index_conflict_remove(index, path) }
        } catch {
            guard error.code == .notFound else { throw error }
            return
        }
    }

    /// Puts a file's content, which the store holds, into the folder and the next commit.
    package func stage(_ path: String, as pointer: LFSPointer) throws {
        let location = location(of: path)
        let isExecutable = FileStat(of: location)?.isExecutable ?? false
        try content.materialise(pointer, at: location, mode: isExecutable ? 0o777 : 0o666)
        try withIndex { index in
            guard let status = FileStat(of: location) else { throw HubError.notFound("\(location) has vanished") }
            try clearConflict(path, in: index)
            try enter(path, writeBlob(Array(pointer.text.utf8)), status, into: index)
            try git { git_index_write(index) }
        }
    }

    /// Writes a file with these bytes and takes it into the next commit, as its rules in `.gitattributes` say.
    package func stage(_ path: String, holding bytes: [UInt8]) throws {
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: location(of: path)).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: location(of: path)), options: .atomic)
        try withIndex { index in
            var staging = Staging()
            try clearConflict(path, in: index)
            try stage(path, into: index, noting: &staging)
            try git { git_index_write(index) }
        }
    }

    /// Puts a file of some revision into the folder and the next commit.
    ///
    /// A large file whose content is nowhere on this machine stands in the folder as its pointer.
    package func stage(_ path: String, as file: RevisionFile) throws {
        guard let pointer = file.pointer else { return try stage(path, holding: blob(file.blob)) }
        if content.holds(pointer) { return try stage(path, as: pointer) }
        let location = location(of: path)
        if FileStat(of: location)?.size != pointer.size {
            try Data(pointer.text.utf8).write(to: URL(fileURLWithPath: location), options: .atomic)
        }
        try withIndex { index in
            guard let status = FileStat(of: location) else { throw HubError.notFound("\(location) has vanished") }
            try clearConflict(path, in: index)
            try enter(path, file.blob, status, into: index)
            try git { git_index_write(index) }
        }
    }

    /// Takes `path` out of the folder and of the next commit.
    package func stageRemoval(of path: String) throws {
        try withIndex { index in
            try git { git_index_remove_bypath(index, path) }
            try git { git_index_write(index) }
        }
        guard unlink(location(of: path)) == 0 || errno == ENOENT else { throw PlainFile.failure("remove", path) }
    }

    // MARK: .gitattributes

    private var attributesLocation: String { location(of: ".gitattributes") }

    /// Writes the usual rules if the repository has none and never had.
    func ensureAttributes() throws {
        guard FileStat(of: attributesLocation) == nil, try !isTracked(".gitattributes") else { return }
        try Data(LargeFileRules.initialText.utf8).write(to: URL(fileURLWithPath: attributesLocation), options: .atomic)
        git_attr_cache_flush(handle.pointer)
    }

    private func isTracked(_ path: String) throws -> Bool {
        try withIndex { index in git_index_get_bypath(index, path, 0) != nil }
    }

    /// Gives new long files their own rule; whether it wrote any.
    private func addRules(for changes: [FileStatus]) throws -> Bool {
        var lines = ""
        for change in changes where change.isUntracked {
            let location = location(of: change.path)
            guard let status = FileStat(of: location), status.isRegular, try !isLarge(change.path),
                try LargeFileRules.wantsRule(location, size: status.size)
            else { continue }
            lines += LargeFileRules.line(for: change.path)
        }
        guard !lines.isEmpty else { return false }
        var text = String(decoding: FileManager.default.contents(atPath: attributesLocation) ?? Data(), as: UTF8.self)
        if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
        try Data((text + lines).utf8).write(to: URL(fileURLWithPath: attributesLocation), options: .atomic)
        git_attr_cache_flush(handle.pointer)
        return true
    }

    private func checkNamesExist(_ paths: [String], _ changes: [FileStatus]) throws {
        for path in paths where !path.isEmpty {
            let isKnown = changes.contains { $0.path == path || $0.path.hasPrefix(path + "/") }
            guard try isKnown || FileStat(of: location(of: path)) != nil || isTracked(path) else {
                throw HubError.entryNotFound("'\(path)' is neither a file in the folder nor one that git knows")
            }
        }
    }
}
