import HubCore
import HubDatabase

extension Access {
    /// Throws unless the caller may open a repository as far as `wanted`.
    ///
    /// Being allowed to read what is private or gated, and so to fork it, is no permission to give it to others: a fork
    /// gets no more open than what it was made of, but by somebody who administers that as well. What it was made of and
    /// has since been deleted stays as closed as it was, in the hands of whoever owned it.
    static func requireMayOpen(
        _ record: RepositoryRecord,
        to wanted: Openness,
        by caller: Caller,
        in connection: any SQLConnection
    ) throws {
        guard wanted > record.openness else { return }
        for origin in try ForkOrigin.all(of: record.rowID, in: connection) {
            if wanted <= origin.openness { return }
            guard try role(of: caller, inNameOf: origin.ownerID, in: connection) == .admin else {
                throw try mayNotOpen(record, beyond: origin, for: caller, in: connection)
            }
        }
    }

    /// Names what the repository was forked from only to those who may see that.
    private static func mayNotOpen(
        _ record: RepositoryRecord,
        beyond origin: ForkOrigin,
        for caller: Caller,
        in connection: any SQLConnection
    ) throws -> HubError {
        let known = try RepositoryRecord.find(rowID: origin.rowID, in: connection)
        let isSeen = try known != nil && maySee(origin.rowID, caller, in: connection)
        let name = isSeen ? known.map(\.id.path) : nil
        let state = origin.openness == .members ? "private" : "gated"
        let source =
            if let name { "\(name), which is \(state)" } else {
                "a repository that \(known == nil ? "was" : "is") \(state)"
            }
        return .forbidden(
            "\(record.id) is a fork of \(source); only somebody who administers that may make its fork more open")
    }
}
