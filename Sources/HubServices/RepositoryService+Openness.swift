package import HubCore
import HubDatabase

extension RepositoryService {
    /// Who is to see a repository and have its files; what is nil stays as it is.
    package struct OpennessChange: Sendable {
        package var visibility: RepositoryRecord.Visibility?

        /// Holding nil, it takes the gate away.
        package var gate: RepositoryRecord.Gate??

        package init(visibility: RepositoryRecord.Visibility? = nil, gate: RepositoryRecord.Gate?? = nil) {
            self.visibility = visibility
            self.gate = gate
        }
    }

    package func setVisibility(
        _ visibility: RepositoryRecord.Visibility,
        of id: RepositoryID,
        by caller: Caller
    ) async throws {
        try await change(OpennessChange(visibility: visibility), of: id, by: caller)
    }

    /// Lets only those have the files who were let in, or everyone again (nil).
    package func setGate(_ gate: RepositoryRecord.Gate?, of id: RepositoryID, by caller: Caller) async throws {
        try await change(OpennessChange(gate: .some(gate)), of: id, by: caller)
    }

    /// Changes visibility and gate together, so that the repository is never more open than before and after.
    package func change(_ wish: OpennessChange, of id: RepositoryID, by caller: Caller) async throws {
        let instant = now.seconds
        try await database.write { connection in
            let record = try Access.repository(id, for: caller, as: .admin, in: connection)
            let visibility = wish.visibility ?? record.visibility
            let gate = wish.gate ?? record.gate
            try Access.requireMayOpen(record, to: Openness(visibility, gate), by: caller, in: connection)
            try connection.execute(
                "UPDATE repository SET visibility = ?, gate = ?, updated_at = ? WHERE id = ?",
                [visibility.rawValue, gate?.rawValue, instant, record.rowID])
            if wish.gate != nil {
                try Event.record(
                    "gate-changed", on: record.rowID, by: caller, payload: ["gated": gate?.rawValue ?? "false"],
                    at: instant, in: connection)
            }
            if wish.visibility != nil {
                try Event.record(
                    "visibility-changed", on: record.rowID, by: caller,
                    payload: ["visibility": visibility.rawValue], at: instant, in: connection)
            }
        }
    }
}
