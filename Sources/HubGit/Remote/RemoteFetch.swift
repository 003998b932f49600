import CLibgit2
import Foundation
package import HubCore
import NIOPosix

/// Fetches the branches and tags of another repository by libgit2's client, and puts nothing anywhere.
package struct RemoteFetch: Sendable {
    package let url: String
    package let credentials: RemoteCredentials

    /// A folder for what is under way.
    package let scratch: String
    package let limits: PushLimits
    package let rules: RemoteGuard

    /// Certificates in PEM of authorities that are believed beside the system's.
    package let roots: [UInt8]

    /// How many branches and tags one repository may have.
    private static let refLimit = 200_000

    package init(
        of url: String, _ credentials: RemoteCredentials, scratch: String, limits: PushLimits, rules: RemoteGuard,
        trusting roots: [UInt8] = []
    ) {
        self.url = url
        self.credentials = credentials
        self.scratch = scratch
        self.limits = limits
        self.rules = rules
        self.roots = roots
    }

    /// What the other repository has, and the objects this one lacks.
    package struct Result: Sendable {
        package var refs: [RefName: ObjectID] = [:]

        /// What its HEAD stands for.
        package var defaultBranch: RefName?

        /// Names that cannot be refs here.
        package var unusable: [String] = []

        /// Nil if there is nothing new.
        package var objects: Quarantine?

        /// Length of the pack that came.
        package var packBytes = 0
    }

    /// Talks on a thread of its own, since it waits for the network; a task that is cancelled ends it.
    package func run(into repository: Int64, of store: GitStore) async throws -> Result {
        let haves = try await store.read(repository) { git in try git.remoteHaves() }
        let file = try ScratchFile(in: scratch)
        var result = try await onThread { thread in
            do {
                return try thread.converse(haves, file)
            } catch is RemoteMissedCommit {
                // Its walk left the newest commits: everything is asked for, which only costs bytes.
                return try thread.converse(.nothing, file)
            }
        }
        guard result.packBytes > 0 else { return result }
        var receiver = try PackReceiver(scratch: scratch, limits: limits, threads: .singleton)
        for start in stride(from: 0, to: result.packBytes, by: 1 << 20) {
            try await receiver.receive(file.read(start..<min(start + 1 << 20, result.packBytes))[...])
        }
        result.objects = try await receiver.finish(in: repository, of: store)
        return result
    }

    private func onThread(_ body: @escaping @Sendable (RemoteFetch) throws -> Result) async throws -> Result {
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        do {
            let result = try await withTaskCancellationHandler {
                try await threads.runIfActive { try body(self) }
            } onCancel: {
                rules.stop()
            }
            try await threads.shutdownGracefully()
            return result
        } catch {
            try await threads.shutdownGracefully()
            throw error
        }
    }

    /// Talks, once more if a connection was lost before anybody had answered: a fetch changes nothing on either side.
    private func converse(_ haves: RemoteHaves, _ file: ScratchFile) throws -> Result {
        do {
            return try talk(haves, file)
        } catch {
            guard !(error is RemoteMissedCommit), rules.asksAgain() else { throw error }
            Thread.sleep(forTimeInterval: Self.pause)
            return try talk(haves, file)
        }
    }

    /// Seconds before a question that nobody answered is asked again.
    private static let pause = 0.25

    private func talk(_ haves: RemoteHaves, _ file: ScratchFile) throws -> Result {
        Libgit2.start()
        try RemoteStream.register()
        try RemoteTrust.believe(in: roots, scratch: scratch)
        let folder = "\(scratch)/fetch-\(UInt64.random(in: .min ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let objects = RemoteObjects(haves, pack: file, limit: limits.packBytes)
        do {
            return try rules.run { try talk(in: folder, objects, haves.tips) }
        } catch let error as GitError {
            if let failure = rules.failure ?? objects.failure { throw failure }
            if objects.missedSome { throw RemoteMissedCommit() }
            throw explain(error)
        }
    }

    /// `folder` holds an empty repository whose refs are the tips and whose objects are `objects`.
    private func talk(in folder: String, _ objects: RemoteObjects, _ tips: [ObjectID]) throws -> Result {
        let repository = try Owned(freeing: { git_repository_free($0) }) { git_repository_init($0, folder, 1) }
        let lines = tips.enumerated().map { "\($0.element.hex) refs/heads/\($0.offset)\n" }
        try Data(lines.joined().utf8).write(to: URL(filePath: "\(folder)/packed-refs"))
        let database = try Owned(freeing: { git_odb_free($0) }) { git_odb_new($0) }
        try objects.add(to: database.pointer)
        try git { git_repository_set_odb(repository.pointer, database.pointer) }
        // Whoever runs the hub may have a configuration of git, which is not the hub's.
        let configuration = try Owned(freeing: { git_config_free($0) }) { git_config_new($0) }
        try git { git_repository_set_config(repository.pointer, configuration.pointer) }
        let remote = try Owned(freeing: { git_remote_free($0) }) {
            git_remote_create_anonymous($0, repository.pointer, url)
        }
        let session = RemoteSession(credentials, RemoteEvents(), server: RemoteSession.Server(url: url))
        return try withExtendedLifetime(session) {
            var result = try connect(remote.pointer, session)
            try download(remote.pointer, session)
            git_remote_disconnect(remote.pointer)
            result.packBytes = objects.packLength
            return result
        }
    }

    private func connect(_ remote: OpaquePointer, _ session: RemoteSession) throws -> Result {
        var options = git_remote_connect_options()
        try git { git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION)) }
        options.callbacks = try session.callbacks()
        options.proxy_opts.type = GIT_PROXY_NONE
        options.follow_redirects = GIT_REMOTE_REDIRECT_INITIAL
        try git { git_remote_connect_ext(remote, GIT_DIRECTION_FETCH, &options) }
        var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
        var count = 0
        try git { git_remote_ls(&heads, &count, remote) }
        guard count <= Self.refLimit else {
            throw HubError.tooLarge("\(url) has \(count) refs, more than the \(Self.refLimit) the hub takes")
        }
        var result = Result()
        for place in 0..<count {
            guard let head = heads?[place]?.pointee, let text = head.name.map({ String(cString: $0) }) else { continue }
            if text == "HEAD", let target = head.symref_target { result.defaultBranch = name(String(cString: target)) }
            guard text.hasPrefix("refs/heads/") || text.hasPrefix("refs/tags/"), !text.hasSuffix("^{}") else {
                continue
            }
            if let name = name(text) { result.refs[name] = ObjectID(head.oid) } else { result.unusable.append(text) }
        }
        return result
    }

    private func name(_ text: String) -> RefName? {
        RefName(ifWellFormed: text).flatMap { $0.problemAsNew == nil ? $0 : nil }
    }

    private func download(_ remote: OpaquePointer, _ session: RemoteSession) throws {
        var options = git_fetch_options()
        try git { git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION)) }
        options.callbacks = try session.callbacks()
        options.proxy_opts.type = GIT_PROXY_NONE
        options.follow_redirects = GIT_REMOTE_REDIRECT_INITIAL
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        try WorkingCopy.withStrings(["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]) { specs in
            var specs = specs
            try git { git_remote_download(remote, &specs, &options) }
        }
    }

    /// Says in words what a failed conversation means.
    private func explain(_ error: GitError) -> HubError {
        let message = error.message
        if error.code == .certificate {
            let problem = CertificateProblem(libgit2: message)
            return .unavailable(problem.sentence(about: rules.place?.host ?? url))
        }
        if error.code == .authentication || ["401", "403"].contains(where: { message.contains("status code: \($0)") }) {
            return .unauthorized("\(url) does not let the hub in; give the mirror a token that may read it")
        }
        if message.contains("status code: 404") { return .repositoryNotFound("there is no git repository at \(url)") }
        if let problem = TLSProblem(libgit2: message) {
            return .unavailable(problem.sentence(about: rules.place?.host ?? url))
        }
        return .unavailable("\(url): \(message)")
    }
}

/// libgit2's walk over what it has went on to a commit that is not at hand.
private struct RemoteMissedCommit: Error {}
