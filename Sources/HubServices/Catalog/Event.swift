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
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(payload), as: UTF8.self)
        try connection.execute(
            "INSERT INTO event (kind, repository_id, actor_id, payload, created_at) VALUES (?, ?, ?, ?, ?)",
            [kind, repository, caller.user?.id, text, instant]
        )
    }

    /// What an event's text says.
    static func payload(of text: String) throws -> [String: String] {
        try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
    }
}
