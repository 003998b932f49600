import HubCore

/// All refs of a repository, as they stood at one moment.
struct RefSnapshot: Sendable {
    /// Counts the changes of the repository's refs.
    let version: Int64

    /// By name, in the order of its bytes.
    let refs: [GitRef]

    /// The branch that `HEAD` stands for, whether or not it exists.
    let defaultBranch: RefName

    /// The commits the refs lead to, each once.
    let commitTips: [CommitID]

    /// The ref that `HEAD` stands for; nil if there is none yet.
    var head: GitRef? { ref(named: defaultBranch.name) }

    /// The ref of that full name, or nil.
    func ref(named name: String) -> GitRef? {
        let wanted = Array(name.utf8)
        var (low, high) = (0, refs.count)
        while low < high {
            let middle = (low + high) / 2
            if refs[middle].name.name.utf8.lexicographicallyPrecedes(wanted) { low = middle + 1 } else { high = middle }
        }
        guard low < refs.count, refs[low].name.name.utf8.elementsEqual(wanted) else { return nil }
        return refs[low]
    }
}
