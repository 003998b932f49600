import HubDatabase

extension AccountService {
    /// Removes what a person left that means nothing without them: logins, follows, likes, locks, webhooks, collections,
    /// uploads under way, mirrors that run in their name, files they sent and never showed.
    static func forgetTraces(of user: AccountRecord, in connection: any SQLConnection) throws {
        let webhooks = "SELECT id FROM webhook WHERE owner_id = ?"
        let collections = "SELECT id FROM collection WHERE owner_id = ?"
        try Attachment.remove(where: "uploader_id = ? AND event_id IS NULL", [user.id], in: connection)
        for statement in [
            "DELETE FROM refresh_token WHERE user_id = ?",
            "DELETE FROM device_login WHERE user_id = ?",
            "DELETE FROM ssh_key WHERE user_id = ?",
            "DELETE FROM follow WHERE follower_id = ?",
            "DELETE FROM follow WHERE followed_id = ?",
            "DELETE FROM repository_like WHERE user_id = ?",
            "DELETE FROM lfs_lock WHERE owner_id = ?",
            "DELETE FROM lfs_part WHERE uploader = ?",
            "DELETE FROM repository_alias WHERE owner_id = ?",
            "DELETE FROM collection_upvote WHERE user_id = ?",
            "DELETE FROM collection_upvote WHERE collection_id IN (\(collections))",
            "DELETE FROM collection_item WHERE collection_id IN (\(collections))",
            "DELETE FROM collection WHERE owner_id = ?",
            "DELETE FROM webhook_watch WHERE webhook_id IN (\(webhooks))",
            "DELETE FROM webhook_delivery WHERE webhook_id IN (\(webhooks))",
            "DELETE FROM webhook WHERE owner_id = ?",
            "DELETE FROM mirror WHERE user_id = ?",
        ] {
            try connection.execute(statement, [user.id])
        }
    }
}
