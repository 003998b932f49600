package import HubCore

/// A failure reported by libgit2, or by what stands in its place here (refs, trees, packs).
package struct GitError: Error, Sendable {
    package enum Code: Int32, Sendable {
        case generic = -1
        case notFound = -3
        case exists = -4
        case ambiguous = -5
        case user = -7
        case bareRepository = -8
        case unbornBranch = -9
        case unmerged = -10
        case notFastForward = -11
        case invalidSpec = -12
        case conflict = -13
        case locked = -14
        case modified = -15
        case authentication = -16
        case certificate = -17
        case peel = -19
        case endOfFile = -20
        case invalid = -21
        case uncommitted = -22
        case directory = -23
        case mergeConflict = -24
        case passthrough = -30
        case iterationOver = -31

        /// None of libgit2's: there is no room for a temporary file.
        case diskFull = -1001
    }

    package let code: Code
    package let message: String

    /// For `.modified`: where the ref stands now; nil if it does not exist.
    package let head: ObjectID?

    package init(code: Code, message: String, head: ObjectID? = nil) {
        self.code = code
        self.message = message
        self.head = head
    }
}

extension GitError: CustomStringConvertible {
    package var description: String { message }
}
