/// Answer of `GET /api/models/OWNER/NAME/stats`.
package struct StatisticsBody: Codable, Sendable {
    package var refs: Refs
    package var objects: Objects

    /// Commits on the longest way from a ref to a first commit.
    package var longestHistory: Int
    package var largeFiles: LargeFiles

    /// Of the default branch, the largest first.
    package var largestFiles: [File]
    package var lastPush: LastPush?

    /// Forks that the caller may see.
    package var forks: Int

    package struct Refs: Codable, Sendable {
        package var branches: Int
        package var tags: Int
        package var pullRequests: Int
        package var others: Int

        package init(branches: Int, tags: Int, pullRequests: Int, others: Int) {
            self.branches = branches
            self.tags = tags
            self.pullRequests = pullRequests
            self.others = others
        }
    }

    package struct Share: Codable, Sendable {
        package var count: Int
        package var bytes: Int

        package init(count: Int, bytes: Int) {
            self.count = count
            self.bytes = bytes
        }
    }

    /// What the refs reach, each object once; bytes are those of git's objects, inflated.
    package struct Objects: Codable, Sendable {
        package var commits: Share
        package var trees: Share
        package var blobs: Share
        package var tags: Share

        /// False if there is more than the hub counts.
        package var isWhole: Bool

        package init(commits: Share, trees: Share, blobs: Share, tags: Share, isWhole: Bool) {
            self.commits = commits
            self.trees = trees
            self.blobs = blobs
            self.tags = tags
            self.isWhole = isWhole
        }
    }

    package struct LargeFiles: Codable, Sendable {
        package var count: Int
        package var bytes: Int

        /// Bytes at rest that only this repository needs, and those that others need too.
        package var storedAlone: Int
        package var storedShared: Int

        package init(count: Int, bytes: Int, storedAlone: Int, storedShared: Int) {
            self.count = count
            self.bytes = bytes
            self.storedAlone = storedAlone
            self.storedShared = storedShared
        }
    }

    package struct File: Codable, Sendable {
        package var path: String
        package var size: Int

        /// Whether it rests outside git.
        package var isLarge: Bool

        package init(path: String, size: Int, isLarge: Bool) {
            self.path = path
            self.size = size
            self.isLarge = isLarge
        }
    }

    package struct LastPush: Codable, Sendable {
        package var date: String
        package var ref: String

        /// `git`, `api`, `merge` or `mirror`.
        package var via: String

        package init(date: String, ref: String, via: String) {
            self.date = date
            self.ref = ref
            self.via = via
        }
    }

    package init(
        refs: Refs, objects: Objects, longestHistory: Int, largeFiles: LargeFiles, largestFiles: [File],
        lastPush: LastPush?, forks: Int
    ) {
        self.refs = refs
        self.objects = objects
        self.longestHistory = longestHistory
        self.largeFiles = largeFiles
        self.largestFiles = largestFiles
        self.lastPush = lastPush
        self.forks = forks
    }
}
