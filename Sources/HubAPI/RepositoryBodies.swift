package import HubCore

/// Body of `POST /api/repos/create`.
package struct CreateRepositoryBody: Codable, Sendable {
    package var name: String

    /// The owner; null is the caller.
    package var organization: String?
    package var type: RepositoryID.Kind?
    package var visibility: Visibility?

    /// The older spelling of `visibility`.
    package var `private`: Bool?

    /// Leaves out the first commit with its `.gitattributes`, for a history that is pushed next.
    package var empty: Bool?

    package init(id: RepositoryID, visibility: Visibility?, empty: Bool) {
        name = id.name
        organization = id.owner
        type = id.kind
        self.visibility = visibility
        self.empty = empty
    }
}

package enum Visibility: String, Codable, Sendable, CaseIterable {
    case `public`
    case `private`

    /// Of spaces: a page everybody sees over files only members see. Only the files are kept here, so it is private.
    case protected
}

/// Answer of `POST /api/repos/create`, and part of the 409 when the name is taken.
package struct CreatedRepositoryBody: Codable, Sendable {
    package var url: String
    package var id: String?
    package var error: String?

    package init(url: String, id: String?, error: String? = nil) {
        self.url = url
        self.id = id
        self.error = error
    }
}

/// Body of `DELETE /api/repos/delete`.
package struct DeleteRepositoryBody: Codable, Sendable {
    package var name: String
    package var organization: String?
    package var type: RepositoryID.Kind?

    package init(id: RepositoryID) {
        name = id.name
        organization = id.owner
        type = id.kind
    }
}

/// Body of `POST /api/repos/move`; the names are `owner/name`.
package struct MoveRepositoryBody: Codable, Sendable {
    package var fromRepo: String
    package var toRepo: String
    package var type: RepositoryID.Kind?
}

/// Body of `POST /api/models/OWNER/NAME/duplicate`.
package struct DuplicateRepositoryBody: Codable, Sendable {
    /// `owner/name` of the copy.
    package var repository: String

    /// Null keeps that of the original.
    package var visibility: Visibility?
}

/// Answer of `POST /api/models/OWNER/NAME/duplicate`, and part of the 409 when the name is taken.
package struct DuplicatedRepositoryBody: Codable, Sendable {
    package var url: String
    package var id: String
    package var filesCopyPending: Bool
    package var error: String?

    package init(url: String, id: String, error: String? = nil) {
        self.url = url
        self.id = id
        filesCopyPending = false
        self.error = error
    }
}

/// An item of `GET /api/settings/repositories`.
package struct RepositoryHoldingBody: Codable, Sendable {
    package var id: String
    package var type: String
    package var visibility: Visibility
    package var updatedAt: String

    /// Bytes of its large files.
    package var storage: Int

    /// The part of all the owner keeps.
    package var storagePercent: Double

    package init(
        id: String, type: String, visibility: Visibility, updatedAt: String, storage: Int, storagePercent: Double
    ) {
        self.id = id
        self.type = type
        self.visibility = visibility
        self.updatedAt = updatedAt
        self.storage = storage
        self.storagePercent = storagePercent
    }
}

/// Body of `PUT /api/models/OWNER/NAME/settings`.
package struct RepositorySettingsBody: Codable, Sendable {
    package var visibility: Visibility?

    /// The older spelling of `visibility`.
    package var `private`: Bool?

    /// Whether files are given only to those who were let in.
    package var gated: GatingBody?

    package init(visibility: Visibility? = nil, gated: GatingBody? = nil) {
        self.visibility = visibility
        self.gated = gated
    }
}

/// Body of `POST /api/models/OWNER/NAME/fork`.
package struct ForkBody: Codable, Sendable {
    /// Who owns the fork; null is the caller.
    package var organization: String?

    /// The fork's name; null keeps the upstream's.
    package var name: String?

    /// Null keeps the upstream's.
    ///
    /// A fork of a private repository is private.
    package var visibility: Visibility?

    package init(organization: String? = nil, name: String? = nil, visibility: Visibility? = nil) {
        self.organization = organization
        self.name = name
        self.visibility = visibility
    }
}

/// Body of every error answer.
package struct ErrorBody: Codable, Sendable, Equatable {
    package var error: String

    /// What a refused push was refused for.
    package var findings: [Finding]?

    /// Where the branch stands, when a commit names an older parent.
    package var head: String?

    package init(error: String, findings: [Finding]? = nil, head: String? = nil) {
        self.error = error
        self.findings = findings
        self.head = head
    }
}
