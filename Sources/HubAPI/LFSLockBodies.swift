/// A lock on a file (git-lfs, "File Locking API").
package struct LFSLockBody: Codable, Sendable, Equatable {
    package struct Owner: Codable, Sendable, Equatable {
        package var name: String
    }

    package var id: String
    package var path: String

    /// As `YYYY-MM-DDTHH:MM:SS.000Z`.
    package var locked_at: String
    package var owner: Owner

    package init(id: String, path: String, lockedAt: String, owner: String) {
        self.id = id
        self.path = path
        locked_at = lockedAt
        self.owner = Owner(name: owner)
    }
}

/// Body of `POST …/info/lfs/locks`.
package struct LFSLockWish: Codable, Sendable {
    package var path: String

    /// Not looked at: a lock holds on every branch.
    package var ref: LFSBatchBody.Ref?
}

/// Answer to a wish to lock or unlock; of one that came too late, with the lock that is there.
package struct LFSLockAnswer: Codable, Sendable {
    package var lock: LFSLockBody
    package var message: String?
    package var request_id: String?

    package init(_ lock: LFSLockBody, message: String? = nil, request: String? = nil) {
        self.lock = lock
        self.message = message
        request_id = request
    }
}

/// Answer of `GET …/info/lfs/locks`.
package struct LFSLockListBody: Codable, Sendable {
    package var locks: [LFSLockBody]

    /// Where the next page begins, if there is one.
    package var next_cursor: String?

    package init(_ locks: [LFSLockBody], next: String?) {
        self.locks = locks
        next_cursor = next
    }
}

/// Body of `POST …/info/lfs/locks/verify`.
package struct LFSLockVerifyWish: Codable, Sendable {
    package var cursor: String?
    package var limit: Int?
    package var ref: LFSBatchBody.Ref?
}

/// Answer of `POST …/info/lfs/locks/verify`.
package struct LFSLockVerifyBody: Codable, Sendable {
    package var ours: [LFSLockBody]
    package var theirs: [LFSLockBody]
    package var next_cursor: String?

    package init(ours: [LFSLockBody], theirs: [LFSLockBody], next: String?) {
        self.ours = ours
        self.theirs = theirs
        next_cursor = next
    }
}

/// Body of `POST …/info/lfs/locks/ID/unlock`.
package struct LFSUnlockWish: Codable, Sendable {
    package var force: Bool?
    package var ref: LFSBatchBody.Ref?
}
