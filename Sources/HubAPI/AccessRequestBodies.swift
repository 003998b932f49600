/// An item of `GET /api/models/OWNER/NAME/user-access-request/STATUS`, and the answer when one is made or decided.
package struct AccessRequestBody: Codable, Sendable {
    package enum Status: String, Codable, Sendable, CaseIterable {
        case pending
        case accepted
        case rejected
    }

    package struct User: Codable, Sendable {
        package var user: String
        package var fullname: String?

        package init(user: String, fullname: String?) {
            self.user = user
            self.fullname = fullname
        }
    }

    package var requestId: String
    package var status: Status
    package var timestamp: String
    package var user: User?

    /// What the user wrote when asking.
    package var fields: [String: String]?

    package init(requestId: String, status: Status, timestamp: String, user: User?, fields: [String: String]?) {
        self.requestId = requestId
        self.status = status
        self.timestamp = timestamp
        self.user = user
        self.fields = fields
    }
}

/// Body of `POST …/ask-access`, which may also be empty.
package struct AskAccessBody: Codable, Sendable {
    package var fields: [String: String]?

    package init(fields: [String: String]? = nil) { self.fields = fields }
}

/// Body of `POST …/user-access-request/handle`; names the request by `user` or by `requestId`.
package struct HandleAccessRequestBody: Codable, Sendable {
    package var user: String?
    package var requestId: String?
    package var status: AccessRequestBody.Status
    package var rejectionReason: String?

    package init(
        user: String? = nil, requestId: String? = nil, status: AccessRequestBody.Status,
        rejectionReason: String? = nil
    ) {
        self.user = user
        self.requestId = requestId
        self.status = status
        self.rejectionReason = rejectionReason
    }
}

/// Body of `POST …/user-access-request/grant`.
package struct GrantAccessBody: Codable, Sendable {
    package var user: String

    package init(user: String) { self.user = user }
}
