/// Answer of `GET /api/whoami-v2`.
package struct WhoamiBody: Codable, Sendable {
    package struct Organization: Codable, Sendable {
        package var type: String?
        package var id: String?
        package var name: String
        package var fullname: String?
        package var avatarUrl: String?
        package var roleInOrg: String

        package init(id: String, name: String, fullname: String, avatarUrl: String, roleInOrg: String) {
            type = "org"
            self.id = id
            self.name = name
            self.fullname = fullname
            self.avatarUrl = avatarUrl
            self.roleInOrg = roleInOrg
        }
    }

    package struct Auth: Codable, Sendable {
        package struct AccessToken: Codable, Sendable {
            package var displayName: String
            package var role: String
            package var createdAt: String?

            package init(displayName: String, role: String, createdAt: String?) {
                self.displayName = displayName
                self.role = role
                self.createdAt = createdAt
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
    package var id: String?
    package var name: String
    package var fullname: String
    package var avatarUrl: String?
    package var isPro: Bool
    package var isAdmin: Bool
    package var orgs: [Organization]
    package var auth: Auth

    package init(
        id: String, name: String, fullname: String, avatarUrl: String, isAdmin: Bool, orgs: [Organization], auth: Auth
    ) {
        type = "user"
        self.id = id
        self.name = name
        self.fullname = fullname
        self.avatarUrl = avatarUrl
        isPro = false
        self.isAdmin = isAdmin
        self.orgs = orgs
        self.auth = auth
    }
}
