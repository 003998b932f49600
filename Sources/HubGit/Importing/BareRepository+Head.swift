import CLibgit2
package import HubCore

extension BareRepository {
    /// What `HEAD` stands for.
    package enum Head: Sendable, Equatable {
        /// A branch, whether or not it exists.
        case branch(RefName)

        /// A commit, whatever the branches are.
        case detached(at: ObjectID)

        /// A ref that is no branch.
        case other(String)
    }

    package var head: Head {
        get throws(GitError) {
            let head = try Owned(freeing: { git_reference_free($0) }) { git_reference_lookup($0, pointer, "HEAD") }
            guard let target = git_reference_symbolic_target(head.pointer) else {
                return .detached(at: git_reference_target(head.pointer).map { ObjectID($0.pointee) } ?? .zero)
            }
            let text = String(cString: target)
            guard let name = try? RefName(parsing: text), name.isBranch else { return .other(text) }
            return .branch(name)
        }
    }
}

extension BareRepository.Head {
    /// The branch it stands for, or would for git, which looks for one at the same commit; nil if there is none.
    package func branch(among refs: [GitRef]) -> RefName? {
        switch self {
        case .branch(let name): return name
        case .other: return nil
        case .detached(let commit):
            let names = refs.filter { $0.name.isBranch && $0.target == commit }.map(\.name)
            let usual = ["refs/heads/main", "refs/heads/master"]
            return usual.lazy.compactMap { name in names.first { $0.name == name } }.first ?? names.first
        }
    }
}
