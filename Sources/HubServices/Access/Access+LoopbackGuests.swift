package import HubDatabase

extension Access {
    /// Whether the repository may be pushed to by anybody on this machine.
    ///
    /// It must have been imported when this hub started, from a bare repository whose owner wanted that, and be public
    /// still.
    static func admitsLoopbackGuests(to record: RepositoryRecord, in connection: any SQLConnection) throws -> Bool {
        guard record.visibility == .public, record.gate == nil else { return false }
        return try connection.queryOne(
            "SELECT 1 FROM repository_import WHERE repository_id = ? AND takes_anonymous_pushes <> 0", [record.rowID]
        ) != nil
    }

    /// Whether the caller may take the default branch back, which for everybody but guests moves forward only.
    ///
    /// The owner of the bare repository may have forbidden it with `receive.denyNonFastForwards`.
    package static func mayRewind(
        _ record: RepositoryRecord,
        _ caller: Caller,
        in connection: any SQLConnection
    ) throws -> Bool {
        guard caller.isLoopbackGuest, try admitsLoopbackGuests(to: record, in: connection) else { return false }
        return try connection.queryOne(
            "SELECT 1 FROM repository_import WHERE repository_id = ? AND lets_guests_rewind <> 0", [record.rowID]
        ) != nil
    }
}
