import HubChunks
import HubCore
import HubDatabase
import HubGit

/// One run of a mirror: everything new of the upstream, checked like a push, published at once.
struct MirrorPull: Sendable {
    let database: any SQLDatabase
    let git: GitStore
    let content: ContentStore
    let pushes: PushService
    let limits: HubLimits
    let options: MirrorOptions
    let scratch: String

    /// Does it, and says in a sentence what came of it.
    func run(_ mirror: Mirror) async throws -> String {
        let record = try await database.read { connection in
            try Access.repository(mirror.repository.id, for: mirror.caller, as: .write, in: connection)
        }
        let found = try await fetch(mirror, into: record)
        let remark =
            found.unusable.first.map {
                "; left out \(found.unusable.count) refs whose names the hub cannot have, such as \($0.spelledOut)"
            }
            ?? ""
        let now = try await git.read(record.rowID) { git in (refs: try git.refs(), head: try git.defaultBranch) }
        let updates = Self.updates(from: now.refs, to: found.refs)
        guard !found.refs.isEmpty || updates.isEmpty else {
            throw HubError.conflict("\(mirror.url) has no branches and no tags any more; nothing was removed here")
        }
        let head = found.defaultBranch.flatMap { found.refs[$0] == nil ? nil : $0 } ?? now.head
        guard !updates.isEmpty || (head != now.head && found.refs[head] != nil) else { return "Up to date\(remark)." }
        let large = try await bringContent(of: found, updates, mirror, into: record)
        try await pushes.publish(
            Push(
                to: record, by: mirror.caller, updates: updates, quarantine: found.objects, rewritesHistory: true,
                defaultBranch: head, via: "mirror"))
        return Self.sentence(updates, found, large) + "\(remark)."
    }

    private func fetch(_ mirror: Mirror, into record: RepositoryRecord) async throws -> RemoteFetch.Result {
        let options = options
        let url = try MirrorURL(mirror.url, options: options)
        let rules = RemoteGuard(
            seconds: options.timeoutSeconds, patience: options.patienceSeconds, byteLimit: limits.packBytes + 256 << 20
        ) { host, port in try MirrorURL.address(of: host, port: port, options: options) }
        let fetch = RemoteFetch(
            of: url.text, RemoteCredentials(user: mirror.remoteUser ?? "hubd", token: mirror.token), scratch: scratch,
            limits: limits.packs, rules: rules, trusting: options.trustedRoots)
        do {
            return try await fetch.run(into: record.rowID, of: git)
        } catch let error as GitError {
            throw HubError.invalid("\(mirror.url): \(error.message)")
        }
    }

    /// What has to move; pull requests and the hub's own refs are none of the upstream's.
    private static func updates(from refs: [GitRef], to found: [RefName: ObjectID]) -> [Push.Update] {
        let mine = Dictionary(
            uniqueKeysWithValues: refs.filter { $0.name.isBranch || $0.name.isTag }.map { ($0.name, $0.target) })
        // What goes makes room first: a branch `a` may come where `a/b` was.
        let gone = mine.filter { found[$0.key] == nil }.map { Push.Update($0.key, from: $0.value, to: nil) }
        let moved = found.filter { mine[$0.key] != $0.value }.map {
            Push.Update($0.key, from: mine[$0.key], to: $0.value)
        }
        return (gone + moved.sorted { $0.ref.name < $1.ref.name })
    }

    private func bringContent(
        of found: RemoteFetch.Result,
        _ updates: [Push.Update],
        _ mirror: Mirror,
        into record: RepositoryRecord
    ) async throws -> (files: Int, bytes: Int) {
        guard let objects = found.objects else { return (0, 0) }
        let tips = updates.compactMap(\.new)
        let pointers: [LFSPointer]
        do {
            pointers = try await git.read(record.rowID, with: objects) { git in
                try git.newContent(in: tips).pointers.map(\.pointer)
            }
        } catch let error as GitError where error.code == .notFound {
            throw HubError.invalid("\(mirror.url) did not send everything its refs stand for: \(error.message)")
        }
        let byDigest = Dictionary(pointers.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
        let missing = try await pushes.missing(Array(byDigest.keys), in: record, for: mirror.caller, sources: [])
        let wanted = missing.compactMap { byDigest[$0] }.sorted { $0.digest.hex < $1.digest.hex }
        guard !wanted.isEmpty else { return (0, 0) }
        let repository = try MirrorURL(mirror.url, options: options)
        let endpoint = try MirrorURL(mirror.lfsURL ?? repository.lfs, options: options)
        let login = mirror.token.map { MirrorLogin(user: mirror.remoteUser ?? "hubd", token: $0, for: repository) }
        let source = MirrorContent(
            content: content, connection: MirrorConnection(options: options), endpoint: endpoint, login: login,
            limits: limits)
        let lease = Lease(uploader: mirror.user.id, scope: record.rowID)
        return (wanted.count, try await source.fetch(wanted, lease: lease))
    }

    private static func sentence(
        _ updates: [Push.Update],
        _ found: RemoteFetch.Result,
        _ large: (files: Int, bytes: Int)
    ) -> String {
        let new = updates.count { $0.old == nil }
        let gone = updates.count { $0.new == nil }
        let moved = updates.count - new - gone
        let refs = [(new, "new"), (moved, "moved"), (gone, "gone")].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        var text = refs.isEmpty ? "The default branch changed" : "Refs: \(refs.joined(separator: ", "))"
        if let objects = found.objects { text += "; \(objects.objectCount) objects in \(found.packBytes) bytes" }
        if large.files > 0 { text += "; \(large.files) large files with \(large.bytes) bytes" }
        return text
    }
}
