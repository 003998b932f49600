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

    package init(objects: [Object]) {
        transfer = "basic"
        self.objects = objects
        hash_algo = "sha256"
    }
}

/// Body of `POST …/info/lfs/verify`.
package struct LFSVerifyBody: Codable, Sendable {
    package var oid: String
    package var size: Int
}
