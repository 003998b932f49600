import HubCore
import HubDatabase

/// Whose the branches and tags of a mirror are.
enum MirrorRule {
    /// Those updates of a push that would move what only the upstream moves, each with why.
    ///
    /// Pull requests stay open to everyone: their refs are the hub's.
    static func refusals(of push: Push, in connection: any SQLConnection) throws -> [RefName: HubError] {
        let owned = push.updates.map(\.ref).filter { !$0.isPullRequest }
        guard push.door != "mirror", !owned.isEmpty,
            let row = try connection.queryOne(
                "SELECT url FROM mirror WHERE repository_id = ?", [push.repository.rowID])
        else { return [:] }
        let reason = HubError.forbidden(
            "\(push.repository.id) is a mirror of \(try row.string(0)), whose branches and tags it follows; "
                + "push there, or to a fork")
        return Dictionary(owned.map { ($0, reason) }, uniquingKeysWith: { first, _ in first })
    }
}
