import HubCore
import HubDatabase

/// Whose the branches and tags of a mirror are.
enum MirrorRule {
    /// Throws if the push would move what only the upstream moves.
    ///
    /// Pull requests stay open to everyone: their refs are the hub's.
    static func requireFree(_ push: Push, in connection: any SQLConnection) throws {
        guard push.door != "mirror", push.updates.contains(where: { !$0.ref.isPullRequest }),
            let row = try connection.queryOne(
                "SELECT url FROM mirror WHERE repository_id = ?", [push.repository.rowID])
        else { return }
        throw HubError.forbidden(
            "\(push.repository.id) is a mirror of \(try row.string(0)), whose branches and tags it follows; "
                + "push there, or to a fork")
    }
}
