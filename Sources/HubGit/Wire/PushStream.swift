import Crypto
import HubCore

/// The bytes of one push on a connection that stays open: ends where the push ends, not where the connection does.
///
/// Over SSH the client keeps its side open while it waits for the report. What it has to say ends with the flush
/// behind its commands if they only delete, else with the pack; a pack ends with the SHA-1 of all that was before,
/// and after it the client is silent, so the end is looked for where bytes stop coming.
package struct PushStream<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable where Base.Element == [UInt8] {
    package typealias Element = [UInt8]

    private let base: Base

    package init(_ base: Base) { self.base = base }

    package func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator()) }

    package struct Iterator: AsyncIteratorProtocol {
        private var base: Base.AsyncIterator
        private var end = PushEnd()

        fileprivate init(base: Base.AsyncIterator) { self.base = base }

        package mutating func next() async throws -> [UInt8]? {
            guard !end.isReached, let piece = try await base.next() else { return nil }
            try end.read(piece)
            return piece
        }
    }
}

/// Finds the end of a push in its bytes as they arrive.
struct PushEnd {
    private enum Part {
        case commands
        case options
        case pack
        case nothing
    }

    private var part = Part.commands
    private var bringsPack = false
    private var sendsOptions = false
    private var hasCommands = false

    /// What is no whole packet yet, or in the pack the last bytes, which may be the checksum.
    private var pending: [UInt8] = []
    private var hash = Insecure.SHA1()

    var isReached: Bool { part == .nothing }

    mutating func read(_ bytes: [UInt8]) throws {
        pending += bytes
        while part == .commands || part == .options {
            guard try readPacket() else { return }
        }
        guard part == .pack else { return }
        let known = pending.count - PackFormat.checksumLength
        guard known > 0 else { return }
        hash.update(data: pending[..<known])
        pending.removeFirst(known)
        if pending.elementsEqual(hash.finalize()) { part = .nothing }
    }

    /// False if the next packet is not whole yet.
    private mutating func readPacket() throws -> Bool {
        guard pending.count >= 4 else { return false }
        let length = try PacketLine.length(pending[..<4])
        guard length > 0 else {
            pending.removeFirst(4)
            part = part == .commands && sendsOptions && hasCommands ? .options : bringsPack ? .pack : .nothing
            return true
        }
        guard pending.count >= length else { return false }
        if part == .commands { read(command: pending[4..<length]) }
        pending.removeFirst(length)
        return true
    }

    private mutating func read(command bytes: ArraySlice<UInt8>) {
        let parts = bytes.split(separator: 0, maxSplits: 1)
        let words = String(decoding: parts.first ?? [], as: UTF8.self).split(separator: " ", maxSplits: 2)
        guard words.count == 3 else { return }
        if !hasCommands, parts.count == 2 {
            let capabilities = String(decoding: parts[1], as: UTF8.self).split(whereSeparator: \.isWhitespace)
            sendsOptions = capabilities.contains("push-options")
        }
        hasCommands = true
        if !words[1].allSatisfy({ $0 == "0" }) { bringsPack = true }
    }
}
