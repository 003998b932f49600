import HubCore
import HubDatabase

extension Access {
    /// What a caller may read, as a condition over `collection` in a query.
    struct VisibleCollections: Sendable {
        let condition: String
        let values: [any SQLValueConvertible]

        init(to caller: Caller) {
            guard let user = caller.user else {
                condition = "collection.is_private = 0"
                values = []
                return
            }
            guard !user.isAdmin else {
                condition = "1 = 1"
                values = []
                return
            }
            condition = """
                (collection.is_private = 0 OR collection.owner_id = ? OR EXISTS (
                    SELECT 1 FROM membership
                    WHERE membership.organization_id = collection.owner_id AND membership.user_id = ?))
                """
            values = [user.id, user.id]
        }
    }

    static func mayRead(_ collection: HubCollection, _ caller: Caller, in connection: any SQLConnection) throws -> Bool
    {
        guard collection.isPrivate else { return true }
        return try role(of: caller, inNameOf: collection.owner.id, in: connection) != nil
    }

    /// Throws unless the caller may change what is collected in the name of `owner`.
    static func requireCurator(of owner: Int64, _ caller: Caller, in connection: any SQLConnection) throws {
        _ = try requireWriter(caller, to: "change a collection")
        guard let role = try role(of: caller, inNameOf: owner, in: connection), role >= .write else {
            throw HubError.forbidden("you may not change the collections of this owner")
        }
    }
}
