package import HubCore
import HubDatabase
import Synchronization

/// Counts downloads in memory, to be written every few seconds together.
///
/// All that one client asks of one repository within five minutes is one download: a snapshot is many requests. What was
/// not written when the process dies is not counted.
package final class DownloadCounter: Sendable {
    private struct Asked: Hashable {
        let repository: RepositoryID
        let client: String
    }

    private struct State {
        var pending: [RepositoryID: Int] = [:]

        /// When who was last counted.
        var counted: [Asked: Int64] = [:]
    }

    private let state = Mutex(State())
    private let database: any SQLDatabase
    private let now: Now

    private static let windowSeconds: Int64 = 300

    /// So many clients are remembered; beyond that, old ones are forgotten first.
    private static let rememberedClients = 100_000

    init(database: any SQLDatabase, now: Now) {
        self.database = database
        self.now = now
    }

    /// Counts one answered request.
    ///
    /// - Parameters:
    ///   - id: A repository that exists and that the client may read.
    ///   - client: Whatever tells clients apart.
    package func count(_ id: RepositoryID, client: String) {
        let instant = now.seconds
        let id = Self.key(id)
        state.withLock { state in
            let asked = Asked(repository: id, client: client)
            if let last = state.counted[asked], instant - last < Self.windowSeconds { return }
            if state.counted.count >= Self.rememberedClients {
                state.counted = state.counted.filter { instant - $0.value < Self.windowSeconds }
                if state.counted.count >= Self.rememberedClients { state.counted.removeAll() }
            }
            state.counted[asked] = instant
            state.pending[id, default: 0] += 1
        }
    }

    /// Writes what was counted since the last time; nothing is written if nothing was.
    package func flush() async throws {
        let pending = state.withLock { state in
            defer { state.pending = [:] }
            return state.pending
        }
        guard !pending.isEmpty else { return }
        let day = Popularity.day(of: now.seconds)
        do {
            try await database.write { connection in
                for (id, count) in pending {
                    guard let record = try RepositoryRecord.find(id, in: connection) else { continue }
                    try Popularity.add(count, to: record.rowID, on: day, in: connection)
                }
            }
        } catch {
            state.withLock { state in state.pending.merge(pending, uniquingKeysWith: +) }
            throw error
        }
    }

    /// However the name was written.
    private static func key(_ id: RepositoryID) -> RepositoryID {
        do {
            return try RepositoryID(id.kind, owner: id.owner.lowercased(), name: id.name.lowercased())
        } catch {
            return id
        }
    }
}
