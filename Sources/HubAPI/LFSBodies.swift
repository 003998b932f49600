/// Body of `POST …/info/lfs/objects/batch` (git-lfs, "Batch API").
package struct LFSBatchBody: Codable, Sendable {
    package struct Object: Codable, Sendable {
        package var oid: String
        package var size: Int
    }

    package var operation: String
    package var transfers: [String]?
    package var objects: [Object]
    package var hash_algo: String?
}

/// Answer of a batch.
package struct LFSBatchResultBody: Codable, Sendable {
    package struct Action: Codable, Sendable {
        package var href: String
        package var expires_in: Int?

        /// Of an upload in parts: `chunk_size`, and the URL of each part by its number, `00001` and so on.
        package var header: [String: String]?

        package init(href: String, expiresIn: Int?) {
            self.href = href
            expires_in = expiresIn
        }
    }

    package struct Problem: Codable, Sendable {
        package var code: Int
        package var message: String

        package init(code: Int, message: String) {
            self.code = code
            self.message = message
        }
    }

    package struct Object: Codable, Sendable {
        package var oid: String
        package var size: Int
        package var authenticated: Bool?
        package var actions: [String: Action]?
        package var error: Problem?

        package init(oid: String, size: Int, actions: [String: Action]? = nil, error: Problem? = nil) {
            self.oid = oid
            self.size = size
            authenticated = actions == nil ? nil : true
            self.actions = actions
            self.error = error
        }
    }

    package var transfer: String
    package var objects: [Object]
    package var hash_algo: String

    package init(transfer: String, objects: [Object]) {
        self.transfer = transfer
        self.objects = objects
        hash_algo = "sha256"
    }
}

/// Body of the link that makes a file of its parts.
package struct LFSCompletionBody: Codable, Sendable {
    package struct Part: Codable, Sendable {
        package var partNumber: Int

        /// The `ETag` the part's upload was answered with.
        package var etag: String
    }

    package var oid: String
    package var parts: [Part]
}

/// Body of the link that asks whether a file is stored.
package struct LFSVerifyBody: Codable, Sendable {
    package var oid: String
    package var size: Int
}
