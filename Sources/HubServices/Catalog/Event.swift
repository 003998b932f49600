import Foundation
import HubDatabase

/// Something that happened on the hub, kept for audit and for whoever listens.
enum Event {
    /// Writes an event in the transaction that makes it true.
    static func record(
        _ kind: String,
        on repository: Int64?,
        by caller: Caller,
        payload: [String: String] = [:],
        at instant: Int64,
        in connection: any SQLConnection
    ) throws {
        try record(kind, on: repository, by: caller, payloads: [payload], at: instant, in: connection)
    }

    /// Writes events of one kind, in this order.
    static func record(
        _ kind: String,
        on repository: Int64?,
        by caller: Caller,
        payloads: [[String: String]],
        at instant: Int64,
        in connection: any SQLConnection
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for start in stride(from: 0, to: payloads.count, by: batch) {
            let some = payloads[start..<min(start + batch, payloads.count)]
            let marks = Array(repeating: "(?, ?, ?, ?, ?)", count: some.count).joined(separator: ", ")
            let values = try some.flatMap { payload in
                [
                    kind, repository, caller.user?.id, String(decoding: try encoder.encode(payload), as: UTF8.self),
                    instant,
                ] as [any SQLValueConvertible]
            }
            try connection.execute(
                "INSERT INTO event (kind, repository_id, actor_id, payload, created_at) VALUES \(marks)", values)
        }
    }

    /// How many rows one statement writes.
    private static let batch = 64

    /// What an event's text says.
    static func payload(of text: String) throws -> [String: String] {
        try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
    }
}
