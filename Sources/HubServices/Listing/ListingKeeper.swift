import HubDatabase
import Logging
import ServiceLifecycle

/// Keeps lists true beside the requests: fills in what earlier versions did not know, writes downloads, and moves the
/// windows they are counted in.
package struct ListingKeeper: Service {
    let database: any SQLDatabase
    let facts: FactsStore
    let downloads: DownloadCounter
    let logger: Logger
    let now: Now

    /// Seconds between two writes of downloads.
    private static let interval = 3

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await attempt("The lists could not be completed") { try await fillIn() }
            var day: Int64?
            while !Task.isCancelled {
                await attempt("Downloads could not be written") {
                    try await downloads.flush()
                    let today = Popularity.day(of: now.seconds)
                    guard day != today else { return }
                    try await moveWindows()
                    day = today
                }
                _ = try? await Task.sleep(for: .seconds(Self.interval))
            }
        }
        // The task is cancelled by now, and the last downloads must be written all the same.
        await Task { await attempt("The last downloads could not be written") { try await downloads.flush() } }.value
    }

    /// Completes the rows of every repository that lacks them.
    package func fillIn() async throws {
        var last: Int64 = 0
        while true {
            let start = last
            let batch = try await database.read { connection in
                try Listing.unfinished(limit: 100, after: start, in: connection)
            }
            guard let end = batch.last else { return }
            for rowID in batch {
                await attempt("A repository could not be looked at") { try await complete(rowID) }
            }
            last = end
        }
    }

    /// Sums up downloads as of today.
    package func moveWindows() async throws {
        let today = Popularity.day(of: now.seconds)
        try await database.write { connection in try Popularity.sumUpAll(on: today, in: connection) }
    }

    private func complete(_ rowID: Int64) async throws {
        try await database.write { connection in try Listing.refresh(rowID, in: connection) }
        let found = try await database.read { connection in
            (
                record: try RepositoryRecord.find(rowID: rowID, in: connection),
                row: try connection.queryOne("SELECT edition, commit_id FROM listing WHERE repository_id = ?", [rowID])
            )
        }
        guard let record = found.record, let row = found.row, try row.int(0) != Listing.edition,
            let commit = try row.optional(1, row.objectID)
        else { return }
        try await facts.fill(commit, in: record)
    }

    private func attempt(_ message: Logger.Message, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            guard !Task.isCancelled else { return }
            logger.error(message, metadata: ["error": "\(error)"])
        }
    }
}
