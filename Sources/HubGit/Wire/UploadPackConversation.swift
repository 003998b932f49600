import HubCore

/// The server side of `git fetch` over a connection that stays open, such as SSH (gitprotocol-pack).
package struct UploadPackConversation: Sendable {
    private let uploads: UploadPack
    private let store: GitStore
    private let repository: Int64
    private let version: ProtocolVersion

    package init(store: GitStore, repository: Int64, version: ProtocolVersion) {
        uploads = UploadPack(store: store)
        (self.store, self.repository, self.version) = (store, repository, version)
    }

    /// Speaks until the client has what it wants or goes away.
    ///
    /// - Parameters:
    ///   - input: What the client sends, in pieces of any length.
    ///   - send: Sends the client something.
    package func run(
        _ input: some AsyncSequence<[UInt8], any Error>, send: ([UInt8]) async throws -> Void
    ) async throws {
        let version = version
        try await send(
            store.read(repository) { git in
                try UploadPack.advertisement(of: git, version: version, isOverHTTP: false)
            })
        var packets = PacketStream(input.makeAsyncIterator())
        guard version == .two else { return try await negotiate(&packets, send) }
        while true {
            var isOver = false
            let answer = try await UploadPack.answeringErrors {
                guard let command = try await UploadPackCommand({ try await packets.next() }) else {
                    isOver = true
                    return UploadPackAnswer(opening: [])
                }
                return try await uploads.answer(command, in: repository)
            }
            guard !isOver else { return }
            for try await piece in answer { try await send(piece) }
            guard answer.refusal == nil else { return }
        }
    }

    /// Versions 0 and 1: what is wanted, then rounds of what the client has, each of which is answered.
    private func negotiate(
        _ packets: inout PacketStream<some AsyncIteratorProtocol>, _ send: ([UInt8]) async throws -> Void
    ) async throws {
        var request = UploadPackRequest()
        var sent = 0
        do {
            while let packet = try await packets.next(), packet != .flush { try request.readNeed(packet) }
            guard !request.wants.isEmpty else { return }
            if request.deepening.isWanted {
                sent = try await answer(request, after: 0, send)
            }
            while let packet = try await packets.next() {
                try request.readStep(packet)
                guard request.steps.last == .flush || request.steps.last == .done else { continue }
                sent = try await answer(request, after: sent, send)
                guard sent >= 0 else { return }
            }
        } catch let error as GitError where error.code == .invalid || error.code == .endOfFile {
            try await send(PacketLine.encode("ERR \(error.message.safeForTerminal)\n"))
        } catch let error as HubError {
            try await send(PacketLine.encode("ERR \(error.description.safeForTerminal)\n"))
        }
    }

    /// Sends what the whole conversation so far is answered with, without the first `known` bytes, which the client has.
    ///
    /// - Returns: How many bytes the client has been sent, or −1 if there is no more to say.
    private func answer(
        _ request: UploadPackRequest, after known: Int, _ send: ([UInt8]) async throws -> Void
    ) async throws -> Int {
        let answer = try await UploadPack.answeringErrors { try await uploads.answer(request, in: repository) }
        var count = 0
        for try await piece in answer {
            let rest = Array(piece.dropFirst(max(0, known - count)))
            if !rest.isEmpty { try await send(rest) }
            count += piece.count
        }
        return answer.bringsPack || answer.refusal != nil ? -1 : count
    }
}
