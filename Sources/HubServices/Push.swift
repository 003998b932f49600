package import HubCore
package import HubDatabase
package import HubGit

/// One wish to change a repository's refs, whichever door it came through.
package struct Push: Sendable {
    /// One ref that should move.
    package struct Update: Sendable, Hashable {
        package let ref: RefName

        /// Where the client believes the ref stands; nil if it is to be new.
        package let old: ObjectID?

        /// Where it should stand; nil if it is to go.
        package let new: ObjectID?

        package init(_ ref: RefName, from old: ObjectID?, to new: ObjectID?) {
            self.ref = ref
            self.old = old
            self.new = new
        }
    }

    let repository: RepositoryRecord
    let caller: Caller
    private(set) var updates: [Update]

    /// Objects that came with the push and are nobody's yet; nil if all are in the database already.
    let quarantine: Quarantine?

    /// Row ids of repositories the caller may read whose content the push may bring along.
    let sources: [Int64]

    /// Whether the default branch may leave its history behind.
    let rewritesHistory: Bool

    /// What HEAD is to stand for from then on; nil leaves that as it is.
    let defaultBranch: RefName?

    /// Content that the push takes out of the repository for good, with a history that does not name it.
    ///
    /// Such a push needs the role admin; it may move every ref, anywhere, and no check of what is left refuses it.
    let erasing: Set<ContentDigest>

    /// The door: `git`, `api`, `merge`, `mirror`, `import`.
    let door: String

    /// Words for the hub that came along, as with `git push -o`.
    let options: [String]

    /// What else becomes true with the push, written in its transaction before the refs move.
    let companion: (@Sendable (any SQLConnection) throws -> Void)?

    package init(
        to repository: RepositoryRecord,
        by caller: Caller,
        updates: [Update],
        quarantine: Quarantine? = nil,
        sources: [Int64] = [],
        rewritesHistory: Bool = false,
        defaultBranch: RefName? = nil,
        erasing: Set<ContentDigest> = [],
        via door: String,
        options: [String] = [],
        with companion: (@Sendable (any SQLConnection) throws -> Void)? = nil
    ) {
        self.repository = repository
        self.caller = caller
        self.updates = updates
        self.quarantine = quarantine
        self.sources = sources
        self.rewritesHistory = rewritesHistory
        self.defaultBranch = defaultBranch
        self.erasing = erasing
        self.door = door
        self.options = options
        self.companion = companion
    }

    /// The same push, but for some refs.
    func without(_ refs: Set<RefName>) -> Push {
        var push = self
        push.updates.removeAll { refs.contains($0.ref) }
        return push
    }
}
