package import HubCore

/// One entry of `GET /api/KIND/OWNER/NAME/lfs-files`.
package struct LargeFileBody: Codable, Sendable {
    /// What a deletion names; the SHA-256, as is `oid`.
    package var fileOid: String

    /// The first path it was pushed at.
    package var filename: String
    package var oid: String
    package var pushedAt: String

    /// The ref it was pushed to.
    package var ref: String?

    /// In bytes.
    package var size: Int

    package init(fileOid: String, filename: String, oid: String, pushedAt: String, ref: String?, size: Int) {
        self.fileOid = fileOid
        self.filename = filename
        self.oid = oid
        self.pushedAt = pushedAt
        self.ref = ref
        self.size = size
    }
}

/// Body of `POST /api/KIND/OWNER/NAME/lfs-files/batch`.
package struct LargeFileDeletionBody: Codable, Sendable {
    package struct Deletions: Codable, Sendable {
        /// SHA-256 of each file.
        package var sha: [String]

        /// Whether the files' names go too; true by default.
        package var rewriteHistory: Bool?
    }

    package var deletions: Deletions
}

/// Body of `POST /api/KIND/OWNER/NAME/lfs-files/duplicate`.
package struct LargeFileDuplicationBody: Codable, Sendable {
    package struct Target: Codable, Sendable {
        package var type: RepositoryID.Kind?

        /// `OWNER/NAME`.
        package var name: String
    }

    package struct File: Codable, Sendable {
        package var xetHash: String?
        package var sha256: String
        package var filename: String?
    }

    package var target: Target
    package var files: [File]
}

/// Answer of `POST /api/KIND/OWNER/NAME/lfs-files/duplicate`: what could not be copied.
package struct LargeFileFailuresBody: Codable, Sendable {
    package struct Failure: Codable, Sendable {
        package var sha256: String
        package var error: String

        package init(sha256: String, error: String) {
            self.sha256 = sha256
            self.error = error
        }
    }

    package var failed: [Failure]

    package init(failed: [Failure]) { self.failed = failed }
}
