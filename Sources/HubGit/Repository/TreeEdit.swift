import HubCore

/// Changes to one directory, and to those below it, waiting to be applied.
final class TreeEdit {
    private enum Leaf {
        /// Puts a blob in place; `replaces` whatever an earlier change took away.
        case put(ObjectID, FileMode?, replaces: Bool)
        case delete(path: String)
    }

    private var leaves: [String: Leaf] = [:]
    private var directories: [String: TreeEdit] = [:]

    /// Adds a change; `blob` is what a change that is no deletion puts there.
    func add(_ change: FileChange, blob: ObjectID?) throws(GitError) {
        let path = change.path
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last.map(String.init), path.utf8.count <= GitRepository.pathLimit else {
            throw GitError(code: .invalidSpec, message: "a path is empty or too long")
        }
        for part in parts {
            guard let problem = PathRules.problem(ofName: Array(part.utf8)) else { continue }
            throw GitError(code: .invalidSpec, message: "'\(path)' cannot be published: \(problem)")
        }
        let directory = parts.dropLast().reduce(self) { directory, part in directory.directory(String(part)) }
        var replaces = false
        if let earlier = directory.leaves[name] {
            guard case .delete = earlier, blob != nil else {
                throw GitError(code: .invalidSpec, message: "'\(path)' is changed twice")
            }
            replaces = true
        }
        directory.leaves[name] =
            switch change {
            case .put(_, _, let mode), .link(_, _, let mode): blob.map { .put($0, mode, replaces: replaces) }
            case .delete: .delete(path: path)
            }
    }

    /// Writes the changed trees and returns the new one, or nil if nothing is left in it.
    func apply(to base: ObjectID?, in repository: borrowing GitRepository) throws -> ObjectID? {
        var entries: [[UInt8]: TreeObject.Entry] = [:]
        if let base {
            for entry in try repository.readTree(base).entries { entries[entry.name] = entry }
        }
        for (name, leaf) in leaves { try apply(leaf, Array(name.utf8), to: &entries) }
        for (name, directory) in directories {
            let key = Array(name.utf8)
            let old = entries[key]
            guard old?.isTree ?? true else {
                throw GitError(
                    code: .invalidSpec, message: "'\(name)' is a file, and cannot become a directory as well")
            }
            let made = try directory.apply(to: old?.id, in: repository)
            entries[key] = made.map { TreeObject.Entry(mode: TreeObject.Mode.tree, name: key, id: $0) }
        }
        guard !entries.isEmpty else { return nil }
        return try repository.write(.tree, TreeObject(entries: Array(entries.values)).bytes)
    }

    private func apply(_ leaf: Leaf, _ name: [UInt8], to entries: inout [[UInt8]: TreeObject.Entry]) throws(GitError) {
        switch leaf {
        case .delete(let path):
            guard entries.removeValue(forKey: name) != nil else {
                throw GitError(code: .notFound, message: "'\(path)' cannot be deleted: it does not exist")
            }
        case .put(let blob, let mode, let replaces):
            if replaces { entries[name] = nil }
            guard entries[name].map({ !$0.isTree }) ?? true else {
                let text = String(decoding: name, as: UTF8.self)
                throw GitError(
                    code: .invalidSpec, message: "'\(text)' is a directory, and cannot become a file as well")
            }
            let kept = entries[name].flatMap { FileMode($0.mode) }.flatMap { $0.isFile ? $0 : nil }
            let raw = (mode ?? kept ?? .file).raw
            entries[name] = TreeObject.Entry(mode: raw, name: name, id: blob)
        }
    }

    private func directory(_ name: String) -> TreeEdit {
        if let known = directories[name] { return known }
        let made = TreeEdit()
        directories[name] = made
        return made
    }
}
