import HubCore

/// What a tree object must not do, as a whole: `git fsck`'s rules and those of file systems that fold names.
enum TreeRules {
    static func problems(of entries: [TreeObject.Entry], in directory: String) -> [Finding] {
        var problems: [Finding] = []
        var taken: Set<String> = []
        for (index, entry) in entries.enumerated() {
            let path = directory.isEmpty ? entry.text : "\(directory)/\(entry.text)"
            if let problem = PathRules.problem(ofName: entry.name) {
                problems.append(Finding(.error, problem, in: readable(path)))
            }
            if path.utf8.count > GitRepository.pathLimit {
                problems.append(Finding(.error, "the path is too long", in: readable(path)))
            }
            if let problem = problem(ofMode: entry) { problems.append(Finding(.error, problem, in: readable(path))) }
            // String equality is canonical equivalence, so composed and decomposed letters clash too.
            if !taken.insert(PathRules.folded(entry.text)).inserted {
                let problem = "another name in this directory differs only in case or composition"
                problems.append(Finding(.error, problem, in: readable(path)))
            }
            if index > 0, !TreeObject.precedes(entries[index - 1], entry) {
                problems.append(Finding(.error, "the directory is not in git's order", in: readable(path)))
            }
        }
        return problems
    }

    private static func problem(ofMode entry: TreeObject.Entry) -> String? {
        switch FileMode(entry.mode) {
        case nil: "the file has a mode git does not know"
        case .submodule: "submodules are not supported"
        case .symlink where entry.text.lowercased().hasPrefix(".git"): "a file git reads must not be a symbolic link"
        case .file, .executable, .symlink, .directory: nil
        }
    }

    /// A path that may go to a terminal.
    private static func readable(_ path: String) -> String {
        String(String.UnicodeScalarView(path.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
    }
}
