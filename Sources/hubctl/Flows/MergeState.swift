import Foundation
import HubCore
import HubGit

/// What a merge that waits for a person has to remember; it lies beside git's own `MERGE_HEAD`.
struct MergeState: Codable {
    /// The first lines of the commit's message.
    var message: String

    /// How the tensors that could be settled were settled, for the commit's last line.
    var trailer: String?

    /// Where the other side comes from, when that is another repository: `owner/name`.
    var source: String?

    /// Tensors in conflict, by checkpoint.
    var tensors: [String: [String]]

    func save(in copy: borrowing WorkingCopy) throws {
        try JSONEncoder().encode(self).write(to: Self.place(in: copy), options: .atomic)
    }

    /// Nil for a merge that stock git began.
    static func load(from copy: borrowing WorkingCopy) throws -> MergeState? {
        guard let data = try? Data(contentsOf: place(in: copy)) else { return nil }
        return try JSONDecoder().decode(MergeState.self, from: data)
    }

    static func remove(from copy: borrowing WorkingCopy) { try? FileManager.default.removeItem(at: place(in: copy)) }

    private static func place(in copy: borrowing WorkingCopy) -> URL {
        URL(fileURLWithPath: "\(copy.gitFolder)/HUB_MERGE.json")
    }

    /// The commit's whole message.
    func message(settledBy other: String? = nil) -> String {
        guard let last = other ?? trailer else { return message }
        return "\(message)\n\n\(last)"
    }
}
