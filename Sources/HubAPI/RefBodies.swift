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

    /// Only when asked for.
    package var pullRequests: [Ref]?

    /// Everything else that git shows, such as `notes/commits`: this hub's own word.
    package var others: [Ref]

    package init(
        branches: [Ref], tags: [Ref], converts: [Ref] = [], pullRequests: [Ref]? = nil, others: [Ref] = []
    ) {
        self.branches = branches
        self.converts = converts
        self.tags = tags
        self.pullRequests = pullRequests
        self.others = others
    }
}

/// An item of `GET /api/models/OWNER/NAME/commits/REVISION`, newest first.
package struct CommitBody: Codable, Sendable {
    package struct Author: Codable, Sendable {
        package var user: String

        package init(user: String) { self.user = user }
    }

    /// Title and message as HTML.
    package struct Formatted: Codable, Sendable {
        package var title: String
        package var message: String

        package init(title: String, message: String) {
            self.title = title
            self.message = message
        }
    }

    package var id: String
    package var title: String
    package var message: String
    package var date: String
    package var authors: [Author]
    package var parents: [String]

    /// Only when asked for.
    package var formatted: Formatted?

    package init(
        id: String, title: String, message: String, date: String, authors: [Author], parents: [String],
        formatted: Formatted? = nil
    ) {
        self.id = id
        self.title = title
        self.message = message
        self.date = date
        self.authors = authors
        self.parents = parents
        self.formatted = formatted
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

/// Body of `POST …/super-squash/BRANCH`.
package struct SquashBody: Codable, Sendable {
    /// Of the one commit that is left.
    package var message: String?

    package init(message: String?) { self.message = message }
}

/// Answer of `POST …/super-squash/BRANCH`.
package struct SquashResultBody: Codable, Sendable {
    package var commitOid: String

    package init(commitOid: String) { self.commitOid = commitOid }
}

/// Body of `POST …/paths-info/REVISION`, a form or JSON.
package struct PathsInfoBody: Codable, Sendable {
    package var paths: [String]
    package var expand: Bool?

    package init(paths: [String], expand: Bool? = nil) {
        self.paths = paths
        self.expand = expand
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

    /// The commit that last changed the entry.
    package struct LastCommit: Codable, Sendable {
        package var id: String
        package var title: String
        package var date: String

        package init(id: String, title: String, date: String) {
            self.id = id
            self.title = title
            self.date = date
        }
    }

    package enum EntryType: String, Codable, Sendable, CaseIterable {
        case file
        case directory
    }

    package var type: EntryType
    package var path: String
    package var size: Int

    /// The git object; for a large file, of its pointer.
    package var oid: String
    package var lfs: LFS?
    package var xetHash: String?

    /// These two only with `expand`.
    package var lastCommit: LastCommit?
    package var securityFileStatus: FileSecurityBody?

    package init(
        type: EntryType, path: String, size: Int, oid: String, lfs: LFS? = nil, xetHash: String? = nil
    ) {
        self.type = type
        self.path = path
        self.size = size
        self.oid = oid
        self.lfs = lfs
        self.xetHash = xetHash
    }
}

/// What validation says of the safety of one file.
package struct FileSecurityBody: Codable, Sendable {
    package enum Status: String, Codable, Sendable, CaseIterable {
        case safe
        case suspicious
        case unsafe
        /// Validation has not got to it yet.
        case queued
    }

    /// What was found about pickles in the file.
    package struct PickleScan: Codable, Sendable {
        /// `innocuous`, `suspicious` or `dangerous`.
        package var highestSafetyLevel: String

        /// The sentences of the report.
        package var messages: [String]

        package init(highestSafetyLevel: String, messages: [String]) {
            self.highestSafetyLevel = highestSafetyLevel
            self.messages = messages
        }
    }

    package var status: Status

    /// Always null: the hub scans for what files do, not for known viruses.
    package var avScan: String?
    package var pickleImportScan: PickleScan?

    package init(status: Status, pickleImportScan: PickleScan?) {
        self.status = status
        self.pickleImportScan = pickleImportScan
    }

    /// Clients need the keys, whether there is something to say or not.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(status, forKey: .status)
        try container.encode(avScan, forKey: .avScan)
        try container.encode(pickleImportScan, forKey: .pickleImportScan)
    }
}
