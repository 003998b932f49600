import HubCore

/// A request of version 2 (gitprotocol-v2): one command and its arguments.
enum UploadPackCommand: Sendable {
    case listRefs(RefQuery)
    case fetch(UploadPackRequest)
    case objectInfo([ObjectID])

    /// Which refs to list, and what to tell of them.
    struct RefQuery: Sendable {
        var peels = false
        var tellsSymrefs = false
        var tellsUnborn = false
        var prefixes: [String] = []
    }

    private static let prefixLimit = 65_536
    private static let objectLimit = 100_000

    static let capabilities = [
        "ls-refs=unborn", "fetch=shallow wait-for-done filter", "server-option", "object-info",
    ]

    /// Reads one request, of which `next` hands over the packets.
    ///
    /// Nil when the conversation is over: a flush, or the end, in the place of a command.
    init?(_ next: () async throws -> PacketLine?) async throws {
        guard let first = try await next(), first != .flush else { return nil }
        var name: String?
        var packet: PacketLine? = first
        while let line = packet?.text {
            if line.hasPrefix("command=") {
                guard name == nil else { throw GitError.invalid("a request has one command") }
                name = String(line.dropFirst("command=".count))
            } else if line.hasPrefix("object-format="), line != "object-format=sha1" {
                throw GitError.invalid("only objects named by SHA-1 are kept here")
            }
            packet = try await next()
        }
        var arguments = ArgumentReader(name ?? "")
        if packet == .delimiter {
            packet = try await next()
            while let line = packet?.text {
                try arguments.read(line)
                packet = try await next()
            }
        }
        guard packet == .flush else { throw GitError(code: .endOfFile, message: "the request ends too early") }
        self = try arguments.command()
    }

    private struct ArgumentReader {
        private let name: String
        private var request = UploadPackRequest()
        private var query = RefQuery()
        private var ids: [ObjectID] = []

        init(_ name: String) { self.name = name }

        mutating func read(_ line: String) throws {
            switch name {
            case "fetch": try request.readArgument(line)
            case "ls-refs": try readQuery(line)
            case "object-info":
                guard line != "size" else { return }
                guard line.hasPrefix("oid "), ids.count < UploadPackCommand.objectLimit else {
                    throw GitError.invalid("object-info: unexpected line '\(line.prefix(60))'")
                }
                ids.append(try ObjectID(parsing: line.dropFirst("oid ".count)))
            default: break
            }
        }

        private mutating func readQuery(_ line: String) throws {
            switch line {
            case "peel": query.peels = true
            case "symrefs": query.tellsSymrefs = true
            case "unborn": query.tellsUnborn = true
            case _ where line.hasPrefix("ref-prefix "):
                guard query.prefixes.count <= UploadPackCommand.prefixLimit else { return }
                query.prefixes.append(String(line.dropFirst("ref-prefix ".count)))
            default: throw GitError.invalid("ls-refs: unexpected line '\(line.prefix(60))'")
            }
        }

        func command() throws -> UploadPackCommand {
            switch name {
            case "fetch": return .fetch(request)
            case "ls-refs":
                var query = query
                // So many that asking for all is shorter.
                if query.prefixes.count > UploadPackCommand.prefixLimit { query.prefixes = [] }
                return .listRefs(query)
            case "object-info": return .objectInfo(ids)
            default:
                throw GitError.invalid(
                    "'\(name.prefix(60))' is not a command; there are ls-refs, fetch and "
                        + "object-info")
            }
        }
    }
}

extension UploadPackCommand.RefQuery {
    /// The answer of `ls-refs`.
    func answer(in git: borrowing GitRepository) throws -> [UInt8] {
        let refs = try git.snapshot()
        var bytes: [UInt8] = []
        let target = " symref-target:\(refs.defaultBranch.name)"
        if let head = refs.head {
            if wants("HEAD") { append(head.target, "HEAD", tellsSymrefs ? target : "", nil, to: &bytes) }
        } else if tellsUnborn, tellsSymrefs, wants("HEAD") {
            bytes += PacketLine.encode("unborn HEAD\(target)\n")
        }
        var wanted = PrefixWalk(prefixes)
        for ref in refs.refs where wanted.takes(ref.name.name) {
            append(ref.target, ref.name.name, "", peels ? ref.peeled : nil, to: &bytes)
        }
        return bytes + PacketLine.flushBytes
    }

    private func wants(_ name: String) -> Bool {
        prefixes.isEmpty || prefixes.contains { name.utf8.starts(with: $0.utf8) }
    }

    private func append(
        _ id: ObjectID, _ name: String, _ more: String, _ peeled: ObjectID?, to bytes: inout [UInt8]
    ) {
        let peeledWord = " peeled:".utf8
        let digits = 2 * ObjectID.byteCount
        PacketLine.appendLength(
            of: digits + 2 + name.utf8.count + more.utf8.count + (peeled == nil ? 0 : peeledWord.count + digits),
            to: &bytes)
        id.appendHex(to: &bytes)
        bytes.append(UInt8(ascii: " "))
        bytes += name.utf8
        bytes += more.utf8
        if let peeled {
            bytes += peeledWord
            peeled.appendHex(to: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
    }
}

/// Which of many names, asked about in the order of their bytes, begin with one of many prefixes.
private struct PrefixWalk {
    /// In the order of their bytes, none of which begins with another; no prefix at all is every name.
    private var prefixes: [[UInt8]] = []
    private var place = 0

    init(_ texts: [String]) {
        for prefix in texts.map({ Array($0.utf8) }).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            if let last = prefixes.last, prefix.starts(with: last) { continue }
            prefixes.append(prefix)
        }
    }

    mutating func takes(_ name: String) -> Bool {
        guard !prefixes.isEmpty else { return true }
        while place < prefixes.count {
            if name.utf8.starts(with: prefixes[place]) { return true }
            guard prefixes[place].lexicographicallyPrecedes(name.utf8) else { return false }
            place += 1
        }
        return false
    }
}
