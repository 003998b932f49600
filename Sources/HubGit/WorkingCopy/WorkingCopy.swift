import CLibgit2
import Foundation
package import HubCore

/// An ordinary git repository with its files on disk, opened for the length of one command.
///
/// Large files stand in git as git-lfs pointers and rest in `.git/lfs/objects`, as git-lfs keeps them, so stock
/// git and git-lfs work in the same folder. The value never leaves the task that opened it, and a command does one
/// step after the other: libgit2 is called right where the step stands, without a thread pool.
package struct WorkingCopy: ~Copyable {
    let handle: Owned

    /// The folder of the files, absolute, without a final slash.
    package let root: String

    /// The `.git` folder, absolute, without a final slash.
    package let gitFolder: String

    /// Where the content of large files rests.
    package let content: LargeFileStore

    /// Opens the working copy that `path` lies in.
    package init(containing path: String) throws {
        Libgit2.start()
        let handle: Owned
        do {
            handle = try Owned(freeing: { git_repository_free($0) }) { git_repository_open_ext($0, path, 0, nil) }
        } catch {
            guard error.code == .notFound else { throw error }
            throw HubError.notFound("'\(path)' is not inside a working copy; run 'hubctl clone' or 'hubctl init' first")
        }
        try self.init(handle)
    }

    /// Makes an empty working copy in the folder `path`, or opens the one that is there.
    package init(creatingAt path: String, branch: RefName = .main) throws {
        Libgit2.start()
        var options = git_repository_init_options()
        try git { git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION)) }
        options.flags = UInt32(GIT_REPOSITORY_INIT_MKPATH.rawValue)
        let handle = try Owned(freeing: { git_repository_free($0) }) { pointer in
            branch.short.withCString { name in
                options.initial_head = name
                return git_repository_init_ext(pointer, path, &options)
            }
        }
        try self.init(handle)
    }

    init(_ handle: consuming Owned) throws {
        guard let root = git_repository_workdir(handle.pointer),
            let folder = git_repository_path(handle.pointer),
            let common = git_repository_commondir(handle.pointer)
        else {
            throw HubError.invalid("this repository has no files, only history (it is bare); clone it first")
        }
        self.root = Self.withoutSlash(String(cString: root))
        gitFolder = Self.withoutSlash(String(cString: folder))
        content = LargeFileStore(folder: Self.withoutSlash(String(cString: common)) + "/lfs")
        self.handle = handle
    }

    private static func withoutSlash(_ path: String) -> String {
        path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// Where the file `path` of the repository lies on this machine.
    package func location(of path: String) -> String { "\(root)/\(path)" }

    /// The path inside the repository of a file named as a person names it, from the folder `directory`.
    ///
    /// The root itself is the empty path.
    package func path(of name: String, from directory: String) throws -> String {
        let absolute = name.hasPrefix("/") ? name : "\(directory)/\(name)"
        let plain = Self.real(URL(fileURLWithPath: absolute).standardizedFileURL.path)
        let top = Self.real(root)
        if plain == top { return "" }
        guard plain.hasPrefix(top + "/") else {
            throw HubError.invalid("'\(name)' lies outside the working copy at \(root)")
        }
        return String(plain.dropFirst(top.count + 1))
    }

    /// The path with its folders' symbolic links followed; the last part stays as it is.
    private static func real(_ path: String) -> String {
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent().resolvingSymlinksInPath().path
        return folder == "/" ? "/\(url.lastPathComponent)" : "\(folder)/\(url.lastPathComponent)"
    }

    // MARK: Configuration

    /// A value of git's configuration, the user's included.
    package func setting(_ key: String) throws -> String? {
        let config = try Owned(freeing: { git_config_free($0) }) {
            git_repository_config_snapshot($0, handle.pointer)
        }
        return try Self.text(of: key, in: config.pointer)
    }

    private static func text(of key: String, in config: OpaquePointer) throws(GitError) -> String? {
        var value: UnsafePointer<CChar>?
        let status = git_config_get_string(&value, config, key)
        guard status != GIT_ENOTFOUND.rawValue else { return nil }
        try git { status }
        return value.map { String(cString: $0) }
    }

    /// Writes a value into this repository's own configuration.
    package func set(_ key: String, to value: String) throws {
        let config = try Owned(freeing: { git_config_free($0) }) { git_repository_config($0, handle.pointer) }
        try git { git_config_set_string(config.pointer, key, value) }
    }

    /// Runs `body` with the index, read anew from disk.
    func withIndex<Result>(_ body: (OpaquePointer) throws -> Result) throws -> Result {
        let index = try Owned(freeing: { git_index_free($0) }) { git_repository_index($0, handle.pointer) }
        try git { git_index_read(index.pointer, 0) }
        return try body(index.pointer)
    }
}
