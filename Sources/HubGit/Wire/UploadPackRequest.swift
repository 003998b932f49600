import HubCore

/// What a client asks of `git-upload-pack` in one request, whichever version of the protocol it came in.
struct UploadPackRequest: Sendable {
    /// One line of the negotiation, in order.
    enum Step: Equatable, Sendable {
        case have(ObjectID)
        case flush
        case done
    }

    var wants: [ObjectID] = []
    var capabilities: Set<String> = []

    /// Commits whose parents the client does not have.
    var shallow: Set<CommitID> = []
    var deepening = Deepening()
    var filter: ObjectFilter?
    var steps: [Step] = []

    /// How much history the client wants, if not all.
    struct Deepening: Equatable, Sendable {
        /// So many commits from each want, or from where the client's history is cut now.
        var depth: Int?
        var isRelative = false

        /// No commit from before this second, and none these refs reach.
        var since: Int64?
        var excluded: [String] = []

        /// What git sends for "all there is".
        static let infinite = 0x7FFF_FFFF

        var isWanted: Bool { depth != nil || since != nil || !excluded.isEmpty }
    }

    /// More of any is not a client's request.
    private static let wantLimit = 100_000
    private static let stepLimit = 200_000
    private static let excludedLimit = 1000

    var haves: Set<CommitID> {
        Set(steps.compactMap { step in if case .have(let id) = step { id } else { nil } })
    }

    var isDone: Bool { steps.contains(.done) }

    init() {}

    /// Reads a whole request of version 0 or 1 (gitprotocol-pack, "Packfile Negotiation").
    init(parsing bytes: [UInt8]) throws {
        var reader = PacketReader(bytes)
        while let packet = try reader.next(), packet != .flush {
            try readNeed(packet)
        }
        while let packet = try reader.next() { try readStep(packet) }
    }

    /// Reads a line before the first flush.
    mutating func readNeed(_ packet: PacketLine) throws {
        guard let line = packet.text else { throw Self.error("a delimiter does not belong here") }
        guard line.hasPrefix("want ") else { return try readShared(line) }
        let words = line.split(separator: " ").map(String.init)
        if wants.isEmpty { capabilities = Set(words.dropFirst(2)) }
        if capabilities.contains("deepen-relative") { deepening.isRelative = true }
        try want(words.count > 1 ? words[1] : "")
    }

    /// Reads a line after it.
    mutating func readStep(_ packet: PacketLine) throws {
        guard steps.count < Self.stepLimit else { throw Self.error("the negotiation is too long") }
        guard let line = packet.text else { return steps.append(.flush) }
        if line == "done" { return steps.append(.done) }
        guard line.hasPrefix("have ") else { throw Self.error("'\(line.prefix(60))' is not part of a negotiation") }
        steps.append(.have(try ObjectID(parsing: line.dropFirst("have ".count))))
    }

    /// Reads an argument of the command `fetch` of version 2 (gitprotocol-v2, "fetch").
    mutating func readArgument(_ line: String) throws {
        switch line {
        case "thin-pack", "no-progress", "include-tag", "ofs-delta", "wait-for-done": capabilities.insert(line)
        case "deepen-relative": deepening.isRelative = true
        case "done": try readStep(.data(Array(line.utf8)))
        case _ where line.hasPrefix("have "): try readStep(.data(Array(line.utf8)))
        case _ where line.hasPrefix("want "): try want(line.dropFirst("want ".count))
        default: try readShared(line)
        }
    }

    private mutating func want(_ id: some StringProtocol) throws {
        guard wants.count < Self.wantLimit else { throw Self.error("too many wants") }
        wants.append(try ObjectID(parsing: id))
    }

    /// What all versions spell alike.
    private mutating func readShared(_ line: String) throws {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2 else { throw Self.error("'\(line.prefix(60))' is not supported") }
        switch words[0] {
        case "shallow":
            guard shallow.count < Self.stepLimit else { throw Self.error("too many shallow commits") }
            shallow.insert(try ObjectID(parsing: words[1]))
        case "deepen":
            guard let depth = Int(words[1]), (1...Deepening.infinite).contains(depth) else {
                throw Self.error("'\(words[1].prefix(60))' is not a depth")
            }
            deepening.depth = depth
        case "deepen-since":
            guard let since = Int64(words[1]) else { throw Self.error("'\(words[1].prefix(60))' is not a time") }
            deepening.since = since
        case "deepen-not":
            guard deepening.excluded.count < Self.excludedLimit else { throw Self.error("too many refs to leave out") }
            deepening.excluded.append(words[1])
        case "filter": filter = try ObjectFilter(parsing: words[1])
        default: throw Self.error("'\(line.prefix(60))' is not supported")
        }
        guard deepening.depth == nil || (deepening.since == nil && deepening.excluded.isEmpty) else {
            throw Self.error("deepen and deepen-since or deepen-not cannot be used together")
        }
    }

    private static func error(_ message: String) -> GitError { GitError(code: .invalid, message: message) }
}
