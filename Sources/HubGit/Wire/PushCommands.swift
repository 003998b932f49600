import HubCore

/// Reads the commands in front of a pack, piece by piece as they arrive.
struct PushCommands {
    private(set) var commands: [RefCommand] = []
    private(set) var capabilities: Set<String> = []

    /// Whether the flush that ends the commands has come.
    private(set) var isComplete = false

    private var refs: Set<RefName> = []
    private var pending: [UInt8] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Takes the next bytes and returns what of them belongs to the pack.
    mutating func read(_ bytes: [UInt8]) throws -> ArraySlice<UInt8> {
        guard !isComplete else { return bytes[...] }
        pending += bytes
        var place = 0
        defer { if !isComplete { pending.removeFirst(place) } }
        while place + 4 <= pending.count {
            let length = try PacketLine.length(pending[place..<place + 4])
            guard length > 0 else {
                isComplete = true
                return pending[(place + 4)...]
            }
            guard place + length <= pending.count else { break }
            try read(line: pending[(place + 4)..<(place + length)])
            place += length
        }
        return []
    }

    private mutating func read(line bytes: ArraySlice<UInt8>) throws {
        let text = String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes, as: UTF8.self)
        // A client with a shallow clone says where it is cut; whether the push is complete is checked anyway.
        guard !text.hasPrefix("shallow ") else { return }
        let parts = text.split(separator: "\0", maxSplits: 1, omittingEmptySubsequences: false)
        if commands.isEmpty, parts.count == 2 { capabilities = Set(parts[1].split(separator: " ").map(String.init)) }
        guard commands.count < limit else {
            throw GitError(code: .invalid, message: "the push moves more than \(limit) refs")
        }
        let command = try RefCommand(parsing: parts[0])
        guard refs.insert(command.ref).inserted else {
            throw GitError(code: .invalid, message: "the push moves \(command.ref) twice")
        }
        commands.append(command)
    }
}
