package import HubCore

/// One ref a push wants moved.
package struct RefCommand: Hashable, Sendable {
    package let ref: RefName

    /// Where the client believes the ref stands; nil creates it.
    package let old: ObjectID?

    /// Where it shall stand; nil deletes it.
    package let new: ObjectID?

    /// Reads `old new name`.
    init(parsing line: some StringProtocol) throws {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count == 3 else {
            throw GitError(code: .invalid, message: "'\(line.prefix(120))' is not a command of a push")
        }
        let (old, new) = (try ObjectID(parsing: words[0]), try ObjectID(parsing: words[1]))
        self.old = old == .zero ? nil : old
        self.new = new == .zero ? nil : new
        ref = try RefName(parsing: String(words[2]))
    }
}

/// What became of one command: nil, or the sentence why not.
package struct RefStatus: Hashable, Sendable {
    package let ref: RefName
    package let problem: String?

    /// Whether a branch left some of its history behind.
    package let isForced: Bool

    package init(_ ref: RefName, problem: String? = nil, isForced: Bool = false) {
        self.ref = ref
        self.problem = problem
        self.isForced = isForced
    }
}
