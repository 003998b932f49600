/// What an item of a collection is.
package enum CollectionItemType: String, Codable, Sendable, CaseIterable {
    case model
    case dataset
    case space
    case kernel
    case paper
    case collection
    case bucket
}

/// A collection, as every route that shows one answers it.
package struct CollectionBody: Codable, Sendable {
    package struct Note: Codable, Sendable {
        package var text: String
        package var html: String

        package init(text: String, html: String) {
            self.text = text
            self.html = html
        }
    }

    package struct Item: Codable, Sendable {
        package var _id: String

        /// `owner/name` of a repository, the number of a paper, the slug of a collection.
        package var id: String
        package var type: CollectionItemType
        package var position: Int
        package var `private`: Bool
        package var note: Note?

        /// Of a collection.
        package var slug: String?

        package init(
            _id: String, id: String, type: CollectionItemType, position: Int, private: Bool, note: Note?, slug: String?
        ) {
            self._id = _id
            self.id = id
            self.type = type
            self.position = position
            self.private = `private`
            self.note = note
            self.slug = slug
        }
    }

    package struct Owner: Codable, Sendable {
        package var _id: String
        package var name: String
        package var fullname: String
        package var avatarUrl: String
        package var type: PersonBody.Kind
        package var isFollowing: Bool?

        package init(_ person: PersonBody) {
            _id = person._id
            name = person.user
            fullname = person.fullname
            avatarUrl = person.avatarUrl
            type = person.type
            isFollowing = person.isFollowing
        }
    }

    package var slug: String
    package var title: String
    package var description: String?
    package var owner: Owner
    package var items: [Item]
    package var lastUpdated: String
    package var `private`: Bool
    package var theme: String
    package var upvotes: Int
    package var isUpvotedByUser: Bool

    /// Its place among the owner's; left out in lists, where clients count themselves.
    package var position: Int?

    package init(
        slug: String, title: String, description: String?, owner: Owner, items: [Item], lastUpdated: String,
        private: Bool, theme: String, upvotes: Int, isUpvotedByUser: Bool, position: Int?
    ) {
        self.slug = slug
        self.title = title
        self.description = description
        self.owner = owner
        self.items = items
        self.lastUpdated = lastUpdated
        self.private = `private`
        self.theme = theme
        self.upvotes = upvotes
        self.isUpvotedByUser = isUpvotedByUser
        self.position = position
    }
}

/// Answer of `PATCH /api/collections/SLUG`.
package struct CollectionChangedBody: Codable, Sendable {
    package var success: Bool
    package var data: CollectionBody

    package init(data: CollectionBody) {
        success = true
        self.data = data
    }
}

/// Body of a 409: what was to be made is there already.
package struct CollectionExistsBody: Codable, Sendable {
    package var error: String
    package var slug: String

    package init(error: String, slug: String) {
        self.error = error
        self.slug = slug
    }
}

/// Body of `POST /api/collections`.
package struct CreateCollectionBody: Codable, Sendable {
    package var title: String

    /// The owner; null is the caller.
    package var namespace: String?
    package var description: String?
    package var `private`: Bool?
}

/// Body of `PATCH /api/collections/SLUG`; null stays as it is.
package struct ChangeCollectionBody: Codable, Sendable {
    package var title: String?
    package var description: String?
    package var `private`: Bool?
    package var theme: String?
    package var position: Int?
}

/// Body of `POST /api/collections/SLUG/items`.
package struct AddCollectionItemBody: Codable, Sendable {
    package struct Item: Codable, Sendable {
        package var id: String
        package var type: CollectionItemType
    }

    package var item: Item
    package var note: String?
}

/// Body of `PATCH /api/collections/SLUG/items/ID`; null stays as it is.
package struct ChangeCollectionItemBody: Codable, Sendable {
    package var note: String?
    package var position: Int?
}

/// Body of `POST /api/collections/SLUG/resource-group`.
package struct CollectionResourceGroupBody: Codable, Sendable {
    package var resourceGroupId: String?
}
