/// Body of `POST …/info/lfs/objects/batch` (git-lfs, "Batch API").
package struct LFSBatchBody: Codable, Sendable {
    package struct Object: Codable, Sendable {
        package var oid: String
        package var size: Int

        package init(oid: String, size: Int) {
            self.oid = oid
            self.size = size
        }
    }

    /// The ref the objects are for; a hub may look at it.
    package struct Ref: Codable, Sendable {
        package var name: String?
    }

    package var operation: String

    /// What the client can do; nothing means `basic`.
    package var transfers: [String]?
    package var ref: Ref?
    package var objects: [Object]
    package var hash_algo: String?

    package init(operation: String, transfers: [String]?, objects: [Object]) {
        self.operation = operation
        self.transfers = transfers
        self.objects = objects
    }
}

/// Answer of a batch.
package struct LFSBatchResultBody: Codable, Sendable {
    package struct Action: Codable, Sendable {
        package var href: String
        package var expires_in: Int?

        /// What goes with the link.
        ///
        /// Of `multipart`: `chunk_size`, and the URL of each part by its number, `00001` and so on. Of a transfer by
        /// chunks: what opens the CAS.
        package var header: [String: String]?

        /// Of one part of `multipart-basic`: where in the file it begins, and its length, in bytes.
        package var pos: Int?
        package var size: Int?

        /// Of a part: the digest that should come with its bytes, as RFC 3230 names it.
        package var want_digest: String?

        package init(href: String, expiresIn: Int?, header: [String: String]? = nil) {
            self.href = href
            expires_in = expiresIn
            self.header = header
        }
    }

    /// What is to be done about one object, by what git-lfs and `multipart-basic` call it.
    package struct Actions: Codable, Sendable {
        package var download: Action?
        package var upload: Action?

        /// Those parts that are missing; sent in any order, then `commit`, or else `abort`.
        package var parts: [Action]?
        package var commit: Action?
        package var abort: Action?
        package var verify: Action?

        package init(
            download: Action? = nil, upload: Action? = nil, parts: [Action]? = nil, commit: Action? = nil,
            abort: Action? = nil, verify: Action? = nil
        ) {
            self.download = download
            self.upload = upload
            self.parts = parts
            self.commit = commit
            self.abort = abort
            self.verify = verify
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
        package var actions: Actions?
        package var error: Problem?

        package init(oid: String, size: Int, actions: Actions? = nil, error: Problem? = nil) {
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

/// Answer of every git-lfs route that did not do what it was asked for.
package struct LFSErrorBody: Codable, Sendable {
    package var message: String
    package var request_id: String

    /// The same sentence, where the other routes have it.
    package var error: String

    package init(_ sentence: String, request: String) {
        message = sentence
        error = sentence
        request_id = request
    }
}
