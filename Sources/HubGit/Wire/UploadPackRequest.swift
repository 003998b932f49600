import HubCore

/// What a client asks of `git-upload-pack` in one request (gitprotocol-pack, "Packfile Negotiation").
struct UploadPackRequest {
    /// One line of the negotiation, in order.
    enum Step: Equatable {
        case have(ObjectID)
        case flush
        case done
    }

    var wants: [ObjectID] = []
    var capabilities: Set<String> = []

    /// Commits whose parents the client does not have.
    var shallow: Set<CommitID> = []
    var depth: Int?
    var steps: [Step] = []

    /// More of either is not a client's request.
    private static let wantLimit = 20_000
    private static let stepLimit = 100_000

    init(parsing bytes: [UInt8]) throws {
        var reader = PacketReader(bytes)
        while let packet = try reader.next(), let line = packet.text {
            try readNeed(line)
        }
        while let packet = try reader.next() {
            guard steps.count < Self.stepLimit else { throw Self.error("the negotiation is too long") }
            try readStep(packet)
        }
    }

    private mutating func readNeed(_ line: String) throws {
        let words = line.split(separator: " ").map(String.init)
        switch (words.first, words.dropFirst().first) {
        case ("want", let id?):
            guard wants.count < Self.wantLimit else { throw Self.error("too many wants") }
            if wants.isEmpty { capabilities = Set(words.dropFirst(2)) }
            wants.append(try ObjectID(parsing: id))
        case ("shallow", let id?):
            guard shallow.count < Self.stepLimit else { throw Self.error("too many shallow commits") }
            shallow.insert(try ObjectID(parsing: id))
        case ("deepen", let number?):
            guard let depth = Int(number), depth > 0 else { throw Self.error("'\(number)' is not a depth") }
            self.depth = depth
        default: throw Self.error("'\(line.prefix(60))' is not supported")
        }
    }

    private mutating func readStep(_ packet: PacketLine) throws {
        guard let line = packet.text else { return steps.append(.flush) }
        if line == "done" { return steps.append(.done) }
        guard line.hasPrefix("have ") else { throw Self.error("'\(line.prefix(60))' is not part of a negotiation") }
        steps.append(.have(try ObjectID(parsing: line.dropFirst("have ".count))))
    }

    private static func error(_ message: String) -> GitError { GitError(code: .invalid, message: message) }
}
