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

    private let acknowledgesAll: Bool
    private let mayStopEarly: Bool
    private var sentReady = false
    private var last: CommitID?

    init(_ request: UploadPackRequest) {
        acknowledgesAll = request.capabilities.contains("multi_ack_detailed")
        mayStopEarly = request.capabilities.contains("no-done")
    }

    /// Goes through the client's lines; `known` are those of its commits that exist here, and `suffices` says
    /// whether every want builds on what is common so far.
    mutating func run(
        _ steps: [UploadPackRequest.Step], known: Set<CommitID>, suffices: ([CommitID]) throws -> Bool
    ) rethrows {
        var gotCommon = false
        var gotOther = false
        for step in steps where !isOver {
            switch step {
            case .have(let id) where known.contains(id):
                gotCommon = true
                acknowledge(id)
            case .have: gotOther = true
            case .flush:
                if acknowledgesAll, gotCommon, !gotOther, try suffices(common) { say(last, "ready") }
                flush()
                (gotCommon, gotOther) = (false, false)
            case .done: finish()
            }
        }
    }

    private mutating func acknowledge(_ id: CommitID) {
        last = id
        common.append(id)
        if acknowledgesAll { say(id, "common") } else if common.count == 1 { say(id, nil) }
    }

    private mutating func flush() {
        if common.isEmpty || acknowledgesAll { lines += PacketLine.encode("NAK\n") }
        guard mayStopEarly, sentReady else { return }
        say(last, nil)
        isOver = true
    }

    private mutating func finish() {
        isOver = true
        guard let last else { return lines += PacketLine.encode("NAK\n") }
        if acknowledgesAll { say(last, nil) }
    }

    private mutating func say(_ id: CommitID?, _ word: String?) {
        guard let id else { return }
        sentReady = sentReady || word == "ready"
        lines += PacketLine.encode("ACK \(id.hex)\(word.map { " \($0)" } ?? "")\n")
    }
}
