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

/// Body of `PUT /api/models/OWNER/NAME/settings`.
package struct RepositorySettingsBody: Codable, Sendable {
    package var visibility: Visibility?

    package init(visibility: Visibility?) { self.visibility = visibility }
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

/// Answer of `GET /api/whoami-v2`.
package struct WhoamiBody: Codable, Sendable {
    package struct Organization: Codable, Sendable {
        package var name: String
        package var roleInOrg: String

        package init(name: String, roleInOrg: String) {
            self.name = name
            self.roleInOrg = roleInOrg
        }
    }

    package struct Auth: Codable, Sendable {
        package struct AccessToken: Codable, Sendable {
            package var displayName: String
            package var role: String

            package init(displayName: String, role: String) {
                self.displayName = displayName
                self.role = role
            }
        }

        package var type: String
        package var accessToken: AccessToken

        package init(accessToken: AccessToken) {
            type = "access_token"
            self.accessToken = accessToken
        }
    }

    package var type: String
    package var name: String
    package var fullname: String
    package var isPro: Bool
    package var isAdmin: Bool
    package var orgs: [Organization]
    package var auth: Auth

    package init(name: String, isAdmin: Bool, orgs: [Organization], auth: Auth) {
        type = "user"
        self.name = name
        fullname = name
        isPro = false
        self.isAdmin = isAdmin
        self.orgs = orgs
        self.auth = auth
    }
}
