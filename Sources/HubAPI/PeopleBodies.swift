/// Someone in a list of people: a user, or an organisation that is followed.
package struct PersonBody: Codable, Sendable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case user
        case org
    }

    package var _id: String
    package var user: String
    package var fullname: String
    package var avatarUrl: String
    package var type: Kind
    package var isPro: Bool

    /// Whether the caller follows them; null for anonymous callers.
    package var isFollowing: Bool?

    package init(id: String, user: String, fullname: String, avatarUrl: String, type: Kind, isFollowing: Bool?) {
        _id = id
        self.user = user
        self.fullname = fullname
        self.avatarUrl = avatarUrl
        self.type = type
        isPro = false
        self.isFollowing = isFollowing
    }
}

/// An organisation in the overview of a user.
package struct OrganizationBody: Codable, Sendable {
    package var _id: String
    package var name: String
    package var fullname: String
    package var avatarUrl: String
    package var type: PersonBody.Kind
    package var isFollowing: Bool?

    package init(id: String, name: String, fullname: String, avatarUrl: String, isFollowing: Bool?) {
        _id = id
        self.name = name
        self.fullname = fullname
        self.avatarUrl = avatarUrl
        type = .org
        self.isFollowing = isFollowing
    }
}

/// How many repositories of each kind somebody owns, as the caller may see them.
package struct RepositoryCounts: Sendable {
    package var models = 0
    package var datasets = 0
    package var spaces = 0
    package var kernels = 0

    package init() {}
}

/// Answer of `GET /api/users/NAME/overview`.
package struct UserOverviewBody: Codable, Sendable {
    package var _id: String
    package var user: String
    package var fullname: String
    package var avatarUrl: String
    package var type: PersonBody.Kind
    package var isPro: Bool
    package var isFollowing: Bool?
    package var details: String?

    /// `YYYY-MM-DDTHH:MM:SS.000Z`.
    package var createdAt: String
    package var numModels: Int
    package var numDatasets: Int
    package var numSpaces: Int
    package var numKernels: Int
    package var numLikes: Int
    package var numFollowers: Int
    package var numFollowing: Int
    package var orgs: [OrganizationBody]

    package init(
        person: PersonBody, details: String?, createdAt: String, counts: RepositoryCounts, numLikes: Int,
        numFollowers: Int, numFollowing: Int, orgs: [OrganizationBody]
    ) {
        _id = person._id
        user = person.user
        fullname = person.fullname
        avatarUrl = person.avatarUrl
        type = person.type
        isPro = false
        isFollowing = person.isFollowing
        self.details = details
        self.createdAt = createdAt
        numModels = counts.models
        numDatasets = counts.datasets
        numSpaces = counts.spaces
        numKernels = counts.kernels
        self.numLikes = numLikes
        self.numFollowers = numFollowers
        self.numFollowing = numFollowing
        self.orgs = orgs
    }
}

/// Answer of `GET /api/organizations/NAME/overview`.
package struct OrganizationOverviewBody: Codable, Sendable {
    package var _id: String
    package var name: String
    package var fullname: String
    package var avatarUrl: String
    package var type: PersonBody.Kind
    package var isFollowing: Bool?
    package var details: String?
    package var createdAt: String
    package var numUsers: Int
    package var numModels: Int
    package var numDatasets: Int
    package var numSpaces: Int
    package var numKernels: Int
    package var numFollowers: Int

    package init(
        person: PersonBody, details: String?, createdAt: String, counts: RepositoryCounts, numUsers: Int,
        numFollowers: Int
    ) {
        _id = person._id
        name = person.user
        fullname = person.fullname
        avatarUrl = person.avatarUrl
        type = person.type
        isFollowing = person.isFollowing
        self.details = details
        self.createdAt = createdAt
        self.numUsers = numUsers
        numModels = counts.models
        numDatasets = counts.datasets
        numSpaces = counts.spaces
        numKernels = counts.kernels
        self.numFollowers = numFollowers
    }
}

/// Body of `PUT …/settings/profile`; null leaves as it is, an empty text takes away.
package struct ProfileBody: Codable, Sendable {
    package var fullname: String?
    package var details: String?
}

/// An item of `GET /api/users/NAME/likes`.
package struct LikeBody: Codable, Sendable {
    package struct Repository: Codable, Sendable {
        package var name: String
        package var type: String
    }

    package var createdAt: String
    package var repo: Repository

    package init(createdAt: String, name: String, type: String) {
        self.createdAt = createdAt
        repo = Repository(name: name, type: type)
    }
}

/// Answer of `GET /api/agent-harnesses`: which programs of others clients should look out for; this hub names none.
package struct AgentHarnessesBody: Codable, Sendable {
    package var standardEnvVars: [String]
    package var harnesses: [String: [String]]

    package init() {
        standardEnvVars = []
        harnesses = [:]
    }
}
