import HubCore

/// Finds out what client and repository have in common, and what to say about it.
///
/// Each request over HTTP carries the whole conversation so far, so there is no state between them.
struct Negotiation {
    private(set) var lines: [UInt8] = []

    /// The client's commits that this repository reaches.
    private(set) var common: [CommitID] = []

    /// Whether the pack follows.
    private(set) var isOver = false

    private enum Style {
        /// One acknowledgement is all there is.
        case plain
        /// Each common commit is acknowledged, in the words of `multi_ack`.
        case multiple
        /// The same in the words of `multi_ack_detailed`.
        case detailed
    }

    private let style: Style
    private let mayStopEarly: Bool
    private var sentReady = false
    private var last: CommitID?

    init(_ request: UploadPackRequest) {
        style =
            request.capabilities.contains("multi_ack_detailed")
            ? .detailed : request.capabilities.contains("multi_ack") ? .multiple : .plain
        mayStopEarly = request.capabilities.contains("no-done")
    }

    /// Goes through the client's lines as version 0 answers them (gitprotocol-pack, "Packfile Negotiation").
    ///
    /// `known` are those of its commits that this repository reaches, and `suffices` says whether every want builds on
    /// what is common so far.
    mutating func run(
        _ steps: [UploadPackRequest.Step], known: Set<CommitID>, suffices: ([CommitID]) throws -> Bool
    ) rethrows {
        var gotCommon = false
        var gotOther = false
        // Asked at most once for the same common commits: there may be thousands of others after them.
        var asked: (count: Int, answer: Bool) = (-1, false)
        func isEnough() throws -> Bool {
            if asked.count != common.count { asked = (common.count, try suffices(common)) }
            return asked.answer
        }
        for step in steps where !isOver {
            switch step {
            case .have(let id) where known.contains(id):
                gotCommon = true
                acknowledge(id)
            case .have(let id):
                gotOther = true
                guard style != .plain, try isEnough() else { continue }
                say(id, style == .detailed ? "ready" : "continue")
            case .flush:
                if style == .detailed, gotCommon, !gotOther, try isEnough() { say(last, "ready") }
                flush()
                (gotCommon, gotOther) = (false, false)
            case .done: finish()
            }
        }
    }

    private mutating func acknowledge(_ id: CommitID) {
        last = id
        common.append(id)
        switch style {
        case .detailed: say(id, "common")
        case .multiple: say(id, "continue")
        case .plain: if common.count == 1 { say(id, nil) }
        }
    }

    private mutating func flush() {
        if common.isEmpty || style != .plain { lines += PacketLine.encode("NAK\n") }
        guard mayStopEarly, sentReady else { return }
        say(last, nil)
        isOver = true
    }

    private mutating func finish() {
        isOver = true
        guard let last else { return lines += PacketLine.encode("NAK\n") }
        if style != .plain { say(last, nil) }
    }

    private mutating func say(_ id: CommitID?, _ word: String?) {
        guard let id else { return }
        sentReady = sentReady || word == "ready"
        lines += PacketLine.encode("ACK \(id.hex)\(word.map { " \($0)" } ?? "")\n")
    }
}

extension Negotiation {
    /// Goes through the client's commits as version 2 answers them: a section of its own, unless the client is done.
    ///
    /// - Returns: The section, closed by a delimiter if the pack follows and by a flush if not; nothing when the client
    ///   has nothing to say or has said all.
    static func section(
        for request: UploadPackRequest, known: Set<CommitID>, suffices: ([CommitID]) throws -> Bool
    ) rethrows -> (bytes: [UInt8], common: [CommitID], packFollows: Bool) {
        let haves = request.steps.compactMap { step in
            if case .have(let id) = step, known.contains(id) { id } else { nil }
        }
        let waits = request.capabilities.contains("wait-for-done")
        guard !request.isDone, waits || !request.haves.isEmpty else { return ([], haves, !request.wants.isEmpty) }
        var bytes = PacketLine.encode("acknowledgments\n")
        if haves.isEmpty { bytes += PacketLine.encode("NAK\n") }
        for id in haves { bytes += PacketLine.encode("ACK \(id.hex)\n") }
        guard !waits, !request.wants.isEmpty, !haves.isEmpty, try suffices(haves) else {
            return (bytes + PacketLine.flushBytes, haves, false)
        }
        return (bytes + PacketLine.encode("ready\n") + PacketLine.delimiterBytes, haves, true)
    }
}
