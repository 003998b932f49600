import HubCore

/// Reads the commands in front of a pack, and the push options behind them, piece by piece as they arrive.
struct PushCommands {
    private(set) var commands: [RefCommand] = []
    private(set) var capabilities: Set<String> = []

    /// Refs the hub does not take by their names, each with why.
    private(set) var refusedNames: [(ref: String, problem: String)] = []

    /// Why the push cannot be taken whatever its pack holds; it is read to its end nevertheless.
    private(set) var problem: String?

    /// What `git push -o` added.
    private(set) var options: [String] = []

    /// Whether the flush that ends all of it has come.
    var isComplete: Bool { section == .end }

    /// Whether a pack must follow.
    var bringPack: Bool { commands.contains { $0.new != nil } }

    /// Whether a pack may follow.
    var mayBringPack: Bool { bringPack || !refusedNames.isEmpty || problem != nil }

    private enum Section {
        case commands
        case options
        case end
    }

    private var section = Section.commands

    private var hasCapabilities = false
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
                place += 4
                section = section == .commands && capabilities.contains("push-options") ? .options : .end
                guard isComplete else { continue }
                return pending[place...]
            }
            guard place + length <= pending.count else { break }
            let line = pending[(place + 4)..<(place + length)]
            if section == .commands { try read(line: line) } else { try read(option: line) }
            place += length
        }
        return []
    }

    private mutating func read(line bytes: ArraySlice<UInt8>) throws {
        let text = String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes, as: UTF8.self)
        // A client with a shallow clone says where it is cut; whether the push is complete is checked anyway.
        guard !text.hasPrefix("shallow ") else { return }
        let parts = text.split(separator: "\0", maxSplits: 1, omittingEmptySubsequences: false)
        if !hasCapabilities, parts.count == 2 {
            hasCapabilities = true
            capabilities = Set(parts[1].split(separator: " ").map(String.init))
        }
        guard commands.count + refusedNames.count < limit else {
            problem = "the push moves more than \(limit) refs"
            return
        }
        do {
            let command = try RefCommand(parsing: parts[0])
            guard refs.insert(command.ref).inserted else {
                problem = "the push moves \(command.ref) twice"
                return
            }
            commands.append(command)
        } catch let error as HubError {
            let name = parts[0].dropFirst(2 * (2 * ObjectID.byteCount + 1)).prefix(Self.nameLength)
            refusedNames.append((String(name), error.description))
        }
    }

    private mutating func read(option bytes: ArraySlice<UInt8>) throws {
        let text = String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes, as: UTF8.self)
        guard options.count < Self.optionLimit, text.utf8.count <= Self.optionLength else {
            problem = "a push takes \(Self.optionLimit) push options of \(Self.optionLength) bytes at most"
            return
        }
        options.append(text)
    }

    private static let nameLength = 1024
    private static let optionLimit = 32
    private static let optionLength = 1024
}
