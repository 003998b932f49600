/// One line of the body of `POST …/commit/REVISION`.
///
/// The first line is the header; each of the others is an operation.
package struct CommitLineBody: Codable, Sendable {
    package enum Key: String, Codable, Sendable, CaseIterable {
        case header
        case file
        case lfsFile
        case deletedFile
        case deletedFolder
    }

    /// What the key says: of a header `summary`, `description` and `parentCommit`, of the others `path` and more.
    package struct Value: Codable, Sendable {
        package var summary: String?
        package var description: String?

        /// The commit the client believes it builds on.
        package var parentCommit: String?
        package var path: String?

        /// The bytes of a plain file.
        package var content: String?

        /// How `content` is written: `base64` or `utf-8`.
        package var encoding: String?

        /// Of a large file: `sha256`.
        package var algo: String?
        package var oid: String?

        /// Absent when a file is copied by its `oid`.
        package var size: Int?

        package init() {}
    }

    package var key: Key
    package var value: Value

    package init(key: Key, value: Value) {
        self.key = key
        self.value = value
    }
}

/// Answer of `POST …/commit/REVISION`.
package struct CommitResultBody: Codable, Sendable {
    package var success: Bool
    package var commitUrl: String
    package var commitOid: String

    /// What the hub's checks remarked; always empty.
    package var hookOutput: String

    /// With `create_pr`: the pull request that was opened.
    package var pullRequestUrl: String?
    package var pullRequestNum: Int?

    package init(commitUrl: String, commitOid: String) {
        success = true
        self.commitUrl = commitUrl
        self.commitOid = commitOid
        hookOutput = ""
    }
}

/// Body of `POST …/preupload/REVISION`.
package struct PreuploadBody: Codable, Sendable {
    package struct File: Codable, Sendable {
        package var path: String
        package var size: Int

        /// The first bytes, in base64.
        package var sample: String?

        package init(path: String, size: Int, sample: String?) {
            self.path = path
            self.size = size
            self.sample = sample
        }
    }

    package var files: [File]

    /// The text of a `.gitignore` that takes the place of the revision's.
    package var gitIgnore: String?

    package init(files: [File], gitIgnore: String? = nil) {
        self.files = files
        self.gitIgnore = gitIgnore
    }
}

/// Answer of `POST …/preupload/REVISION`, in the order of the question.
package struct PreuploadResultBody: Codable, Sendable {
    package enum Mode: String, Codable, Sendable, CaseIterable {
        case lfs
        case regular
    }

    package struct File: Codable, Sendable {
        package var path: String
        package var uploadMode: Mode
        package var shouldIgnore: Bool

        /// What the path holds now: the SHA-256 of a large file, the git id of a plain one.
        package var oid: String?

        package init(path: String, uploadMode: Mode, shouldIgnore: Bool, oid: String?) {
            self.path = path
            self.uploadMode = uploadMode
            self.shouldIgnore = shouldIgnore
            self.oid = oid
        }
    }

    package var files: [File]

    /// The commit these answers hold for.
    package var commitOid: String?

    package init(files: [File], commitOid: String?) {
        self.files = files
        self.commitOid = commitOid
    }
}

/// Body of `POST /api/validate-yaml`.
package struct ValidateYAMLBody: Codable, Sendable {
    /// The whole of a `README.md`.
    package var content: String
    package var repoType: String?

    package init(content: String, repoType: String? = nil) {
        self.content = content
        self.repoType = repoType
    }
}

/// Answer of `POST /api/validate-yaml`.
package struct CardReviewBody: Codable, Sendable {
    package struct Remark: Codable, Sendable {
        package var message: String

        package init(message: String) { self.message = message }
    }

    package var warnings: [Remark]
    package var errors: [Remark]

    package init(warnings: [String], errors: [String]) {
        self.warnings = warnings.map(Remark.init)
        self.errors = errors.map(Remark.init)
    }
}
