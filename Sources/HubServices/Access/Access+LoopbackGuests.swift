import HubDatabase

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
}
