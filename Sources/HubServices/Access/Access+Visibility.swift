import HubDatabase

extension Access {
    /// A condition on rows of `repository` that is true for those the caller may read, with its values.
    ///
    /// The same rule as for a single one, for queries over all of them.
    static func visibility(for caller: Caller) -> (condition: String, values: [any SQLValueConvertible]) {
        guard let user = caller.user else { return ("repository.visibility = 'public'", []) }
        guard !user.isAdmin else { return ("1 = 1", []) }
        return (
            """
            (repository.visibility = 'public' OR repository.owner_id = ? OR EXISTS (
                SELECT 1 FROM membership
                WHERE membership.organization_id = repository.owner_id AND membership.user_id = ?))
            """, [user.id, user.id]
        )
    }
}
