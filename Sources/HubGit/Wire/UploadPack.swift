import HubCore

/// The server side of `git fetch` and `git clone`.
///
/// Nothing is sent, acknowledged or compared against that the repository's own refs do not reach, although other
/// repositories' objects rest in the same table.
package struct UploadPack: Sendable {
    let store: GitStore

    package init(store: GitStore) { self.store = store }

    /// What opens the conversation: over HTTP the body of `GET …/info/refs?service=git-upload-pack`.
    package static func advertisement(
        of repository: borrowing GitRepository, version: ProtocolVersion = .zero, isOverHTTP: Bool = true
    ) throws -> [UInt8] {
        guard version != .two else { return Advertisement.commands(UploadPackCommand.capabilities) }
        let refs = try repository.snapshot()
        var lines: [(name: String, id: ObjectID)] = []
        var capabilities = capabilities
        if let head = refs.head {
            lines.append(("HEAD", head.target))
            capabilities.append("symref=HEAD:\(head.name)")
        }
        for ref in refs.refs {
            lines.append((ref.name.name, ref.target))
            if let peeled = ref.peeled { lines.append(("\(ref.name.name)^{}", peeled)) }
        }
        return Advertisement(isOverHTTP: isOverHTTP, version: version)
            .bytes(service: "git-upload-pack", refs: lines, capabilities: capabilities)
    }

    private static let capabilities = [
        "multi_ack", "thin-pack", "side-band", "side-band-64k", "ofs-delta", "shallow", "deepen-since", "deepen-not",
        "deepen-relative", "no-progress", "include-tag", "multi_ack_detailed", "no-done",
        "allow-tip-sha1-in-want", "allow-reachable-sha1-in-want", "filter",
    ]

    /// Answers the body of `POST …/git-upload-pack`, which must have been inflated if it was compressed.
    ///
    /// A request that makes no sense is answered in git's own words, so that the user sees why; what is thrown is
    /// the store's failure.
    package func answer(
        _ body: [UInt8], version: ProtocolVersion = .zero, in repository: Int64
    ) async throws -> UploadPackAnswer {
        try await Self.answeringErrors {
            var reader = PacketReader(body)
            guard version == .two else {
                return try await answer(UploadPackRequest(parsing: body), in: repository)
            }
            guard let command = try await UploadPackCommand({ try reader.next() }) else {
                return UploadPackAnswer(opening: [])
            }
            return try await answer(command, in: repository)
        }
    }

    /// Turns what is wrong with a request into an answer that git shows.
    static func answeringErrors(_ body: () async throws -> UploadPackAnswer) async throws -> UploadPackAnswer {
        do {
            return try await body()
        } catch let error as GitError where error.code == .invalid || error.code == .endOfFile {
            return UploadPackAnswer(refusing: error.message)
        } catch let error as HubError {
            return UploadPackAnswer(refusing: error.description)
        }
    }

    /// Answers a request of version 0 or 1: as much of the negotiation as it holds, and then the pack.
    func answer(_ request: UploadPackRequest, in repository: Int64) async throws -> UploadPackAnswer {
        guard !request.wants.isEmpty else { return UploadPackAnswer(opening: []) }
        return try await store.read(repository) { git in
            let wants = try UploadPackWants(request.wants, in: git)
            let known = try git.reached(among: request.haves)
            var negotiation = Negotiation(request)
            try negotiation.run(request.steps, known: known) { common in
                try git.allReach(wants.commits, common)
            }
            guard request.deepening.isWanted || negotiation.isOver else {
                return UploadPackAnswer(opening: negotiation.lines)
            }
            let common = negotiation.common
            let selection = try Self.selection(for: request, wants, common, in: git)
            var opening = negotiation.lines
            if let selection, request.deepening.isWanted {
                opening = Self.lines(of: selection) + PacketLine.flushBytes + opening
            }
            guard negotiation.isOver else { return UploadPackAnswer(opening: opening) }
            let plan = try plan(request, wants, selection, in: git)
            return UploadPackAnswer(opening: opening, plan: plan, request: request, store: store)
        }
    }

    /// Answers one command of version 2.
    func answer(_ command: UploadPackCommand, in repository: Int64) async throws -> UploadPackAnswer {
        switch command {
        case .listRefs(let query):
            return UploadPackAnswer(opening: try await store.read(repository) { git in try query.answer(in: git) })
        case .objectInfo(let ids):
            return UploadPackAnswer(
                opening: try await store.read(repository) { git in try Self.sizes(of: ids, in: git) })
        case .fetch(var request):
            // Its packs are always in packets.
            request.capabilities.formUnion(["side-band-64k"])
            guard !request.wants.isEmpty || !request.haves.isEmpty else { return UploadPackAnswer(opening: []) }
            return try await fetch(request, in: repository)
        }
    }

    private func fetch(_ request: UploadPackRequest, in repository: Int64) async throws -> UploadPackAnswer {
        try await store.read(repository) { git in
            let wants = try UploadPackWants(request.wants, in: git)
            let known = try git.reached(among: request.haves)
            let (words, common, packFollows) = try Negotiation.section(for: request, known: known) { common in
                try git.allReach(wants.commits, common)
            }
            guard packFollows else {
                return UploadPackAnswer(opening: words.isEmpty ? PacketLine.flushBytes : words)
            }
            let selection = try Self.selection(for: request, wants, common, in: git)
            var opening = words
            if let selection, request.deepening.isWanted || !request.shallow.isEmpty {
                opening += PacketLine.encode("shallow-info\n") + Self.lines(of: selection) + PacketLine.delimiterBytes
            }
            opening += PacketLine.encode("packfile\n")
            let plan = try plan(request, wants, selection, in: git)
            return UploadPackAnswer(opening: opening, plan: plan, request: request, store: store)
        }
    }

    /// The answer of `object-info`; an object nobody may see has no size.
    private static func sizes(of ids: [ObjectID], in git: borrowing GitRepository) throws -> [UInt8] {
        let headers = try git.source.headers(Array(git.visible(among: Set(ids))))
        var bytes = PacketLine.encode("size")
        for id in ids { bytes += PacketLine.encode("\(id.hex) \(headers[id].map { "\($0.size)" } ?? "")") }
        return bytes + PacketLine.flushBytes
    }

    private static func lines(of selection: CommitSelection) -> [UInt8] {
        let lines = selection.shallow.map { "shallow \($0.hex)" } + selection.unshallow.map { "unshallow \($0.hex)" }
        return lines.flatMap { PacketLine.encode($0) }
    }
}

extension GitRepository {
    /// Whether each of `wants` builds on one of `common`.
    fileprivate func allReach(_ wants: [CommitID], _ common: [CommitID]) throws -> Bool {
        guard !common.isEmpty else { return false }
        let (wants, common) = (try positions(of: wants), try positions(of: common))
        return table.allReach(wants, common)
    }
}
