/// How much there is in a repository, as its refs reach it.
package struct GitStatistics: Sendable, Hashable {
    /// Objects of one kind, and how long they are together, inflated.
    package struct Share: Sendable, Hashable {
        package var count = 0
        package var bytes = 0

        package init(count: Int = 0, bytes: Int = 0) {
            self.count = count
            self.bytes = bytes
        }

        mutating func add(_ size: Int) {
            count += 1
            bytes += size
        }
    }

    package var commits = Share()
    package var trees = Share()
    package var blobs = Share()
    package var tags = Share()

    /// Commits on the longest way from a ref to a commit without parents.
    package var longestHistory = 0

    /// False if there is more than was looked at.
    package var isWhole = true

    package init() {}
}
