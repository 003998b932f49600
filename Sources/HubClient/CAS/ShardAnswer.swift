import Foundation
import HubCore

/// Reads the lines a hub writes while it checks a shard (Xet specification, section 7, "Shards").
///
/// Feed it the answer piece by piece; it holds at most one line.
package struct ShardAnswer {
    package enum Outcome: Sendable, Equatable {
        case accepted
        case refused(String, retryable: Bool)
    }

    private struct Line: Decodable {
        var type: String
        var message: String?
        var retryable: Bool?
    }

    /// The longest line that is read.
    private static let limit = 1 << 20

    private var line: [UInt8] = []

    /// Nil until the hub has said its last word.
    package private(set) var outcome: Outcome?

    package init() {}

    package mutating func append(_ bytes: some Sequence<UInt8>) throws {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                try finishLine()
            } else {
                guard line.count < Self.limit else { throw HubError.tooLarge("the hub's answer has an endless line") }
                line.append(byte)
            }
        }
    }

    /// The outcome at the end of the answer, whose last line may lack its line feed.
    package mutating func finish() throws -> Outcome {
        try finishLine()
        guard let outcome else { throw HubError.unavailable("the hub stopped before it had checked the upload") }
        return outcome
    }

    private mutating func finishLine() throws {
        defer { line.removeAll(keepingCapacity: true) }
        guard outcome == nil, line.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\r") }) else {
            return
        }
        let decoded: Line
        do {
            decoded = try JSONDecoder().decode(Line.self, from: Data(line))
        } catch {
            throw HubError.unavailable("the hub's answer to the upload is unreadable")
        }
        switch decoded.type {
        case "result": outcome = .accepted
        case "error":
            outcome = .refused(decoded.message ?? "the hub refused the upload", retryable: decoded.retryable ?? false)
        default: break
        }
    }
}
