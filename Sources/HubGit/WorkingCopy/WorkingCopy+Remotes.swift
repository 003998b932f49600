import CLibgit2
package import HubCore

extension WorkingCopy {
    /// The URL of a remote; nil if there is none of that name.
    package func remoteURL(_ name: String) throws -> String? { try setting("remote.\(name).url") }

    /// The names of all remotes.
    package func remotes() throws -> [String] {
        var names = git_strarray()
        try git { git_remote_list(&names, handle.pointer) }
        defer { git_strarray_dispose(&names) }
        return (0..<names.count).compactMap { names.strings[$0].map { String(cString: $0) } }
    }

    /// Adds a remote, or gives one another URL.
    package func setRemote(_ name: String, to url: String) throws {
        guard try remoteURL(name) == nil else {
            try git { git_remote_set_url(handle.pointer, name, url) }
            return
        }
        _ = try Owned(freeing: { git_remote_free($0) }) { git_remote_create($0, handle.pointer, name, url) }
    }

    /// Fetches all branches and tags of a remote, forgets branches that are gone, and returns its default branch.
    ///
    /// The default branch is nil while the remote is empty.
    @discardableResult
    package func fetch(
        _ name: String, _ credentials: RemoteCredentials, events: RemoteEvents = RemoteEvents()
    ) throws -> RefName? {
        let remote = try lookUp(name)
        let session = RemoteSession(credentials, events)
        var options = git_fetch_options()
        try git { git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION)) }
        options.callbacks = try session.callbacks()
        options.prune = GIT_FETCH_PRUNE
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_ALL
        return try withExtendedLifetime(session) {
            try explainingFailure(of: name) {
                try git { git_remote_connect(remote.pointer, GIT_DIRECTION_FETCH, &options.callbacks, nil, nil) }
                let branch = try defaultBranch(of: remote.pointer)
                try git { git_remote_fetch(remote.pointer, nil, &options, "hubctl fetch") }
                session.finish()
                git_remote_disconnect(remote.pointer)
                return branch
            }
        }
    }

    /// Fetches the branches and tags of the repository at `url`, which need not be a remote.
    ///
    /// They stand below `refs/hub/<folder>/heads/` and `…/tags/` afterwards and are no branches of this repository.
    package func fetch(url: String, into folder: String, _ credentials: RemoteCredentials) throws {
        let remote = try Owned(freeing: { git_remote_free($0) }) {
            git_remote_create_anonymous($0, handle.pointer, url)
        }
        let session = RemoteSession(credentials, RemoteEvents())
        var options = git_fetch_options()
        try git { git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION)) }
        options.callbacks = try session.callbacks()
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        let refspecs = ["heads", "tags"].map { "+refs/\($0)/*:refs/hub/\(folder)/\($0)/*" }
        try withExtendedLifetime(session) {
            try explainingFailure(of: url) {
                try Self.withStrings(refspecs) { refspecs in
                    var refspecs = refspecs
                    try git { git_remote_fetch(remote.pointer, &refspecs, &options, "hubctl fetch") }
                }
            }
        }
    }

    private func defaultBranch(of remote: OpaquePointer) throws -> RefName? {
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        do {
            try git { git_remote_default_branch(&buffer, remote) }
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
        return try buffer.ptr.map { try RefName(parsing: String(cString: $0)) }
    }

    /// Moves refs of a remote, as `refspecs` say, and returns those it refused with its sentences.
    ///
    /// An empty answer means that all moved. Large files are not sent: they must be there before.
    package func push(
        _ name: String, _ refspecs: [String], _ credentials: RemoteCredentials, events: RemoteEvents = RemoteEvents()
    ) throws -> [RefRejection] {
        let remote = try lookUp(name)
        let session = RemoteSession(credentials, events)
        var options = git_push_options()
        try git { git_push_options_init(&options, UInt32(GIT_PUSH_OPTIONS_VERSION)) }
        options.callbacks = try session.callbacks()
        options.pb_parallelism = 0
        return try withExtendedLifetime(session) {
            try explainingFailure(of: name) {
                try Self.withStrings(refspecs) { refspecs in
                    var refspecs = refspecs
                    try git { git_remote_push(remote.pointer, &refspecs, &options) }
                }
                session.finish()
                return session.rejections
            }
        }
    }

    private func lookUp(_ name: String) throws -> Owned {
        do {
            return try Owned(freeing: { git_remote_free($0) }) { git_remote_lookup($0, handle.pointer, name) }
        } catch {
            guard error.code == .notFound || error.code == .invalidSpec else { throw error }
            throw HubError.invalid("there is no remote '\(name)' here; 'git remote add \(name) URL' makes one")
        }
    }

    /// Says in words what a failed conversation with a remote means.
    private func explainingFailure<Result>(of name: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as GitError {
            throw Self.explain(error, url: try remoteURL(name) ?? name)
        }
    }

    private static func explain(_ error: GitError, url: String) -> any Error {
        let message = error.message
        func says(_ words: String...) -> Bool { words.contains { message.contains($0) } }
        if error.code == .authentication || says("status code: 401", "authentication") {
            return HubError.unauthorized("not authorised at \(url); run 'hubctl login' with a token that may do this")
        }
        if says("status code: 403") { return HubError.forbidden("your token does not allow this at \(url)") }
        if says("status code: 404") {
            return HubError.repositoryNotFound("there is no repository at \(url), or your token may not see it")
        }
        if error.code == .notFastForward || says("non-fast-forward", "not present locally") {
            return HubError.conflict("\(url) has commits that are not here; run 'hubctl pull' first")
        }
        if says("failed to connect", "failed to resolve", "timed out", "connection") {
            return HubError.unavailable("cannot reach \(url): \(message)")
        }
        return GitError(code: error.code, message: "\(url): \(message)")
    }
}
