import HubCore

/// The server side of `git fetch` and `git clone` over smart HTTP.
///
/// Nothing is sent, acknowledged or compared against that the repository's own refs do not reach, although other
/// repositories' objects rest in the same table.
package struct UploadPack: Sendable {
    private let store: GitStore

    package init(store: GitStore) { self.store = store }

    /// The body of `GET …/info/refs?service=git-upload-pack`.
    package static func advertisement(of repository: borrowing GitRepository) throws -> [UInt8] {
        let refs = try repository.refs()
        var lines: [(name: String, id: ObjectID)] = []
        var capabilities = capabilities
        let head = try repository.defaultBranch
        if let tip = refs.first(where: { $0.name == head }) {
            lines.append(("HEAD", tip.target))
            capabilities.append("symref=HEAD:\(head.name)")
        }
        for ref in refs {
            lines.append((ref.name.name, ref.target))
            if let peeled = ref.peeled { lines.append(("\(ref.name.name)^{}", peeled)) }
        }
        return Advertisement.bytes(service: "git-upload-pack", refs: lines, capabilities: capabilities)
    }

    private static let capabilities = [
        "multi_ack_detailed", "no-done", "side-band-64k", "thin-pack", "ofs-delta", "include-tag", "shallow",
        "no-progress", "allow-tip-sha1-in-want", "allow-reachable-sha1-in-want", "object-format=sha1", "agent=hubd",
    ]

    /// Answers the body of `POST …/git-upload-pack`, which must have been inflated if it was compressed.
    ///
    /// A request that makes no sense is answered in git's own words, so that the user sees why; what is thrown is
    /// the store's failure.
    package func answer(_ body: [UInt8], in repository: Int64) async throws -> UploadPackAnswer {
        do {
            let request = try UploadPackRequest(parsing: body)
            guard !request.wants.isEmpty else { return UploadPackAnswer(opening: []) }
            return try await store.read(repository) { git in try Self.answer(request, in: git, store: store) }
        } catch let error as GitError where error.code == .invalid || error.code == .endOfFile {
            return UploadPackAnswer(opening: PacketLine.encode("ERR \(error.message)\n"))
        } catch let error as HubError {
            return UploadPackAnswer(opening: PacketLine.encode("ERR \(error.description)\n"))
        }
    }

    private static func answer(
        _ request: UploadPackRequest, in git: borrowing GitRepository, store: GitStore
    ) throws -> UploadPackAnswer {
        var plan = PackPlan()
        let wants = try commits(wanted: request.wants, in: git, plan: &plan)
        let known = try git.reached(among: request.haves)
        var negotiation = Negotiation(request)
        try negotiation.run(request.steps, known: known) { common in
            try wants.allSatisfy { want in try common.contains { try git.isAncestor($0, of: want) } }
        }
        guard request.depth != nil || negotiation.isOver else { return UploadPackAnswer(opening: negotiation.lines) }

        let selection = try Self.selection(wants, negotiation.common, request, in: git)
        let opening = request.shallowLines(selection) + negotiation.lines
        guard negotiation.isOver else { return UploadPackAnswer(opening: opening) }
        try fill(&plan, with: selection, tags: request.capabilities.contains("include-tag"), in: git)
        return UploadPackAnswer(opening: opening, plan: plan, request: request, store: store)
    }

    private static func selection(
        _ wants: [CommitID], _ common: [CommitID], _ request: UploadPackRequest, in git: borrowing GitRepository
    ) throws -> CommitSelection {
        guard request.depth != nil || !request.shallow.isEmpty else {
            return try CommitSelection(wants: wants, common: common, in: git)
        }
        return try CommitSelection(
            wants: wants, common: common, shallow: request.shallow, depth: request.depth, in: git)
    }

    /// The commits behind the wants; tag objects on the way go into the pack.
    private static func commits(
        wanted: [ObjectID], in git: borrowing GitRepository, plan: inout PackPlan
    ) throws -> [CommitID] {
        let refs = try git.refs()
        let tips = Set(refs.map(\.target))
        let others = Set(wanted).subtracting(tips)
        let reached = try git.reached(among: others)
        guard let stranger = others.subtracting(reached).first else {
            return try Set(wanted).sorted { $0.hex < $1.hex }.compactMap { id in try follow(id, in: git, plan: &plan) }
        }
        throw GitError(code: .invalid, message: "upload-pack: not our ref \(stranger)")
    }

    /// Follows tag objects to a commit; anything else a tag may name is added as it is.
    private static func follow(
        _ start: ObjectID, in git: borrowing GitRepository, plan: inout PackPlan
    ) throws -> CommitID? {
        var id = start
        while let kind = try git.source.header(id)?.kind {
            switch kind {
            case .commit: return id
            case .tree:
                try plan.add(tree: id, of: git)
                return nil
            case .blob:
                plan.add(id)
                return nil
            case .tag:
                plan.add(id)
                id = try git.tagTarget(id)
            }
        }
        throw GitError(code: .notFound, message: "git object \(id) is missing")
    }

    private static func fill(
        _ plan: inout PackPlan, with selection: CommitSelection, tags: Bool, in git: borrowing GitRepository
    ) throws {
        let sent = Set(selection.commits.map(\.id))
        for commit in selection.commits { plan.add(commit.id) }
        // A client that is given no parents has none of their files either, unless it has them from elsewhere.
        let cut = Set(selection.shallow)
        let boundary = Set(selection.commits.filter { !cut.contains($0.id) }.flatMap(\.parents)).subtracting(sent)
        for id in boundary { try plan.leaveOut(tree: try git.commit(id).tree, of: git) }
        for commit in selection.commits { try plan.add(tree: commit.tree, of: git) }
        guard tags else { return }
        for ref in try git.refs() where ref.peeled.map(sent.contains) ?? false {
            _ = try follow(ref.target, in: git, plan: &plan)
        }
    }
}

extension UploadPackRequest {
    fileprivate var haves: Set<CommitID> {
        Set(
            steps.compactMap { step in
                if case .have(let id) = step { id } else { nil }
            })
    }

    /// What a client that asked for a depth is told before the negotiation.
    fileprivate func shallowLines(_ selection: CommitSelection) -> [UInt8] {
        guard depth != nil else { return [] }
        let lines = selection.shallow.map { "shallow \($0.hex)" } + selection.unshallow.map { "unshallow \($0.hex)" }
        return lines.flatMap { PacketLine.encode($0) } + PacketLine.flushBytes
    }
}
