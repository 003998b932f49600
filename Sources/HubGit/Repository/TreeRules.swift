import HubCore

/// What a tree object must not do, as a whole: `git fsck`'s rules and those of file systems that fold names.
enum TreeRules {
    static func problems(of entries: [TreeObject.Entry], in directory: String) -> [Finding] {
        let clashing = clashes(in: entries)
        var problems: [Finding] = []
        for (index, entry) in entries.enumerated() {
            var found = [PathRules.problem(ofName: entry.name), problem(ofMode: entry)].compactMap(\.self)
            if directory.utf8.count + 1 + entry.name.count > GitRepository.pathLimit {
                found.append("the path is too long")
            }
            if directory.isEmpty, entry.name.starts(with: "..\\".utf8) {
                found.append("the name leads out of the repository on some systems")
            }
            if clashing.contains(index) {
                found.append("another name in this directory differs only in case or composition")
            }
            if entry.id == .zero { found.append("the file has no content: its object id is all zeros") }
            if index > 0, !TreeObject.precedes(entries[index - 1], entry) {
                found.append("the directory is not in git's order")
            }
            guard !found.isEmpty else { continue }
            let path = path(of: entry, in: directory)
            problems += found.map { Finding(.error, $0, in: path) }
        }
        return problems.isEmpty ? remarks(on: entries, in: directory) : problems
    }

    /// Names git and every file system accept, and that people take for others; one remark a directory.
    private static func remarks(on entries: [TreeObject.Entry], in directory: String) -> [Finding] {
        let unseen = entries.filter { entry in
            entry.name.contains { $0 >= 0x80 } && entry.text.unicodeScalars.contains(where: \.isUnseen)
        }
        guard let first = unseen.first else { return [] }
        let others = unseen.count == 1 ? "" : ", and so do \(unseen.count - 1) more names in this directory"
        return [
            Finding(
                .warning,
                "the name holds characters that are not seen, written \\u{…} here\(others); "
                    + "it may be taken for another name",
                in: path(of: first, in: directory))
        ]
    }

    /// A path that may go to a terminal.
    private static func path(of entry: TreeObject.Entry, in directory: String) -> String {
        (directory.isEmpty ? entry.text : "\(directory)/\(entry.text)").spelledOut
    }

    /// The places of entries whose names some file systems take for an earlier one's.
    private static func clashes(in entries: [TreeObject.Entry]) -> Set<Int> {
        guard entries.allSatisfy({ $0.name.allSatisfy { $0 < 0x80 } }) else {
            // String equality is canonical equivalence, so composed and decomposed letters clash too.
            return repeated(entries.map { PathRules.folded($0.text) })
        }
        // Most trees are told apart by short hashes of their names, without a set of names being made.
        var seen: Set<Int> = []
        seen.reserveCapacity(entries.count)
        guard entries.contains(where: { !seen.insert(PathRules.hash(foldedASCII: $0.name)).inserted }) else {
            return []
        }
        return repeated(entries.map { PathRules.folded(ascii: $0.name) })
    }

    private static func repeated<Name: Hashable>(_ names: [Name]) -> Set<Int> {
        var seen: Set<Name> = []
        return Set(names.indices.filter { !seen.insert(names[$0]).inserted })
    }

    private static func problem(ofMode entry: TreeObject.Entry) -> String? {
        switch FileMode(entry.mode) {
        case nil: "the file has a mode git does not know"
        case .submodule: "submodules are not supported"
        case .symlink where PathRules.mayBeGitFile(entry.text): "a file git reads must not be a symbolic link"
        case .file, .executable, .symlink, .directory: nil
        }
    }
}
