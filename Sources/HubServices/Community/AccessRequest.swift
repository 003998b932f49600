import Foundation
import HubDatabase

/// A row of `access_request`: someone's wish to have the files of a gated repository, and what became of it.
package struct AccessRequest: Sendable, Hashable {
    package enum Status: String, Sendable, CaseIterable {
        case pending
        case accepted
        case rejected
    }

    let rowID: Int64
    let userID: Int64

    /// 24 lowercase hex digits.
    package let id: String
    package let user: String
    package let status: Status

    /// Unix seconds.
    package let createdAt: Int64

    /// What the user wrote when asking; nil if they were let in unasked.
    package let fields: [String: String]?
}

extension AccessRequest {
    private static let selection = """
        SELECT access_request.id, access_request.user_id, access_request.hex, account.name, access_request.status,
               access_request.created_at, access_request.fields
        FROM access_request JOIN account ON account.id = access_request.user_id
        """

    private init(_ row: SQLRow) throws {
        rowID = try row.int64(0)
        userID = try row.int64(1)
        id = try row.string(2)
        user = try row.string(3)
        let status = try row.string(4)
        guard let status = Status(rawValue: status) else {
            throw SQLError.other("'\(status)' is not a status of an access request")
        }
        self.status = status
        createdAt = try row.int64(5)
        fields = try row.optional(6, row.string).map { text in
            try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
        }
    }

    static func find(user: Int64, in repository: Int64, _ connection: any SQLConnection) throws -> AccessRequest? {
        try connection.queryOne(
            selection + " WHERE access_request.repository_id = ? AND access_request.user_id = ?", [repository, user]
        ).map(AccessRequest.init)
    }

    static func find(id: String, in repository: Int64, _ connection: any SQLConnection) throws -> AccessRequest? {
        try connection.queryOne(
            selection + " WHERE access_request.repository_id = ? AND access_request.hex = ?", [repository, id]
        ).map(AccessRequest.init)
    }

    /// Those with a status, newest first, from before the row `cursor` on.
    static func list(
        _ status: Status,
        in repository: Int64,
        before cursor: Int64,
        limit: Int,
        _ connection: any SQLConnection
    ) throws -> [AccessRequest] {
        try connection.query(
            selection + """
                 WHERE access_request.repository_id = ? AND access_request.status = ? AND access_request.id < ?
                ORDER BY access_request.id DESC LIMIT ?
                """, [repository, status.rawValue, cursor, limit]
        ).map(AccessRequest.init)
    }

    static func isAccepted(
        _ user: Int64,
        in repository: Int64,
        _ connection: any SQLConnection
    ) throws -> Bool {
        try connection.queryOne(
            "SELECT 1 FROM access_request WHERE repository_id = ? AND user_id = ? AND status = 'accepted'",
            [repository, user]) != nil
    }
}
