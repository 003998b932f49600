import HubCore
import HubGit

/// Which refs a push may move at all, and where to, as far as that can be said without looking at any object.
struct RefRules {
    /// The default branch.
    let standard: RefName

    private let push: Push
    private let refs: [RefName: ObjectID]
    private let names: RefNamesInUse

    /// - Parameter refs: All of the repository.
    init(for push: Push, standard: RefName, refs: [GitRef]) {
        self.push = push
        self.standard = standard
        self.refs = Dictionary(uniqueKeysWithValues: refs.map { ($0.name, $0.target) })
        let creates = push.updates.contains { $0.old == nil && $0.new != nil }
        let deleted = Set(push.updates.lazy.filter { $0.new == nil }.map(\.ref))
        names = RefNamesInUse(creates ? refs.map(\.name).filter { !deleted.contains($0) } : [])
    }

    /// Whether nobody has pushed anything yet.
    var isEmpty: Bool { refs.isEmpty }

    /// The role the caller needs for an update.
    func role(for update: Push.Update) -> Role {
        guard push.erasing.isEmpty else { return .admin }
        guard !update.ref.isPullRequest else { return .read }
        return update.ref == standard || !update.ref.isBranch || update.new == nil ? .write : .contribute
    }

    /// Why an update cannot be, or nil.
    func problem(of update: Push.Update) -> HubError? {
        if push.erasing.isEmpty, let problem = problem(ofName: update) { return problem }
        if update.new == nil, update.ref == standard {
            return .forbidden("Cannot delete \(update.ref): it is the default branch")
        }
        guard update.old != nil || update.new != nil else { return nil }
        guard refs[update.ref] == update.old else { return .conflict("\(update.ref) has moved") }
        guard update.old == nil else { return nil }
        if let problem = update.ref.problemAsNew { return .invalid(problem) }
        return names.clash(with: update.ref).map { .conflict($0) }
    }

    /// Why a branch may not leave some of its history behind, or nil.
    func problem(ofRewriting update: Push.Update) -> HubError? {
        guard update.ref == standard, !push.rewritesHistory, push.erasing.isEmpty else { return nil }
        return .forbidden(
            "\(update.ref.short) is the default branch and only moves forward; "
                + "pull and merge first, or push to another branch")
    }

    /// Below `refs/`, what is the hub's own, would be a second spelling of what is everybody's, or makes git show other
    /// objects than those that were validated, or belongs to one working copy.
    private static let reserved: Set = [
        "heads", "tags", "pr", "convert", "replace", "bisect", "worktree", "rewritten",
    ]

    private func problem(ofName update: Push.Update) -> HubError? {
        let ref = update.ref
        if ref.isBranch || ref.isTag { return nil }
        let parts = ref.name.split(separator: "/")
        guard parts.count > 2, !Self.reserved.contains(parts[1].lowercased()) || ref.name.hasPrefix("refs/pr/") else {
            return .forbidden("\(ref) is not a ref for clients; push a branch, a tag or a ref like refs/notes/NAME")
        }
        guard ref.name.hasPrefix("refs/pr/") else { return nil }
        guard !ref.isPullRequest || push.door != "api" || update.new == nil else { return nil }
        return .forbidden(
            "\(ref) is the hub's own; push a branch and open a pull request from it, "
                + "or commit to the pull request over the HTTP API")
    }
}
