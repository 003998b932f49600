/// Answer of `GET /api/models/OWNER/NAME/refs`.
package struct RefsBody: Codable, Sendable {
    package struct Ref: Codable, Sendable {
        package var name: String
        package var ref: String
        package var targetCommit: String

        package init(name: String, ref: String, targetCommit: String) {
            self.name = name
            self.ref = ref
            self.targetCommit = targetCommit
        }
    }

    package var branches: [Ref]
    package var converts: [Ref]
    package var tags: [Ref]

    package init(branches: [Ref], tags: [Ref]) {
        self.branches = branches
        converts = []
        self.tags = tags
    }
}

/// An item of `GET /api/models/OWNER/NAME/commits/REVISION`, newest first.
package struct CommitBody: Codable, Sendable {
    package struct Author: Codable, Sendable {
        package var user: String

        package init(user: String) { self.user = user }
    }

    package var id: String
    package var title: String
    package var message: String
    package var date: String
    package var authors: [Author]
    package var parents: [String]

    package init(
        id: String, title: String, message: String, date: String, authors: [Author], parents: [String]
    ) {
        self.id = id
        self.title = title
        self.message = message
        self.date = date
        self.authors = authors
        self.parents = parents
    }
}

/// Body of `POST …/branch/NAME` (`startingPoint` is a revision; null is the default branch).
package struct CreateBranchBody: Codable, Sendable {
    package var startingPoint: String?

    package init(startingPoint: String?) { self.startingPoint = startingPoint }
}

/// Body of `POST …/tag/REVISION`.
package struct CreateTagBody: Codable, Sendable {
    package var tag: String
    package var message: String?

    package init(tag: String, message: String? = nil) {
        self.tag = tag
        self.message = message
    }
}

/// An item of `GET …/tree/REVISION/PATH`.
package struct TreeEntryBody: Codable, Sendable {
    package struct LFS: Codable, Sendable {
        package var oid: String
        package var size: Int
        package var pointerSize: Int

        package init(oid: String, size: Int, pointerSize: Int) {
            self.oid = oid
            self.size = size
            self.pointerSize = pointerSize
        }
    }

    /// `file` or `directory`.
    package var type: String
    package var path: String
    package var size: Int

    /// The git object; for a large file, of its pointer.
    package var oid: String
    package var lfs: LFS?
    package var xetHash: String?

    package init(type: String, path: String, size: Int, oid: String, lfs: LFS? = nil, xetHash: String? = nil) {
        self.type = type
        self.path = path
        self.size = size
        self.oid = oid
        self.lfs = lfs
        self.xetHash = xetHash
    }
}
