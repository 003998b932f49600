import Foundation
import HubCore
import HubDatabase
import HubGit
import Testing

/// A push as bytes, made by hand or with packs of stock git.
struct PushRequest {
    var commands: [(old: ObjectID?, new: ObjectID?, ref: String)] = []
    var capabilities = "report-status side-band-64k"
    var pack: [UInt8] = []

    var bytes: [UInt8] {
        let lines = commands.enumerated().flatMap { index, command in
            let text = "\((command.old ?? .zero).hex) \((command.new ?? .zero).hex) \(command.ref)"
            return Self.packet(index == 0 ? "\(text)\0 \(capabilities)\n" : text + "\n")
        }
        return lines + Array("0000".utf8) + pack
    }

    static func packet(_ text: String) -> [UInt8] {
        let length = String(text.utf8.count + 4, radix: 16)
        return Array((String(repeating: "0", count: 4 - length.count) + length + text).utf8)
    }
}

/// A body that arrives in pieces of a fixed length.
struct Pieces: AsyncSequence {
    typealias Element = [UInt8]
    typealias Failure = any Error

    let bytes: [UInt8]
    var length = 7919

    struct AsyncIterator: AsyncIteratorProtocol {
        var rest: ArraySlice<UInt8>
        let length: Int

        mutating func next() async throws -> [UInt8]? {
            guard !rest.isEmpty else { return nil }
            defer { rest = rest.dropFirst(length) }
            return Array(rest.prefix(length))
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: bytes[...], length: length) }
}

extension TestStore {
    func receive(
        _ request: PushRequest, in repository: Int64 = 1, limits: PushLimits = PushLimits(), pieces: Int = 7919
    ) async throws -> ReceivedPush {
        var push = try await ReceivePack.receive(
            Pieces(bytes: request.bytes, length: pieces), scratch: folder, limits: limits)
        try await push.unpack(in: repository, of: store)
        return push
    }

    /// What a push would bring, or the error that refuses it.
    func check(_ push: ReceivedPush, in repository: Int64 = 1) async throws -> NewContent {
        let quarantine = try #require(push.quarantine, "\(push.problem ?? "no pack")")
        let tips = push.tips
        return try await store.read(repository, with: quarantine) { git in try git.newContent(in: tips) }
    }

    /// Receives, checks and publishes, as a service would.
    @discardableResult
    func push(_ request: PushRequest, to repository: Int64 = 1) async throws -> NewContent {
        let push = try await receive(request, in: repository)
        let content = try await check(push, in: repository)
        let quarantine = try #require(push.quarantine)
        try await database.write { connection in
            try quarantine.publish(content, into: connection)
            let git = try GitRepository(connection, repository: repository)
            for command in push.commands { try git.move(command.ref, from: command.old, to: command.new) }
        }
        return content
    }

    /// A pack of what `revisions` name in the git repository in `folder`.
    func pack(_ revisions: String, in folder: String, _ options: String...) async throws -> [UInt8] {
        let input = Array(revisions.replacing(" ", with: "\n").utf8) + [0x0A]
        return try await StockGit.run(["pack-objects", "--revs", "--stdout", "-q"] + options, in: folder, input: input)
    }

    /// Makes an empty git repository and returns its folder.
    func makeRepository(_ name: String = "work") async throws -> String {
        try await git("init", "-q", "-b", "main", name)
        return "\(folder)/\(name)"
    }

    /// Runs a shell script in a git repository.
    @discardableResult
    func shell(_ script: String, in folder: String) async throws -> String {
        try await git("-c", "alias.sh=!\(script)", "sh", in: folder).line
    }

    /// Asks for a pack and returns it without its side-band.
    func fetch(_ lines: [String], from repository: Int64 = 1) async throws -> (opening: String, pack: [UInt8]) {
        var body: [UInt8] = []
        for line in lines { body += line == "flush" ? Array("0000".utf8) : PushRequest.packet(line + "\n") }
        var answer: [UInt8] = []
        for try await piece in try await UploadPack(store: store).answer(body, in: repository) { answer += piece }
        return Self.unwrap(answer)
    }

    private static func unwrap(_ answer: [UInt8]) -> (opening: String, pack: [UInt8]) {
        var (opening, pack, place) = ("", [UInt8](), 0)
        while place + 4 <= answer.count, let length = Int(answer[place..<place + 4].map { $0 }.text, radix: 16) {
            let payload = length == 0 ? [] : Array(answer[(place + 4)..<(place + length)])
            place += max(length, 4)
            switch payload.first {
            case 1: pack += payload.dropFirst()
            case 2: break
            default: opening += payload.text
            }
        }
        return (opening, pack)
    }
}
