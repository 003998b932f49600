import Foundation
import HubCore

/// What of the objects a partial clone leaves out (git-rev-list, `--filter`).
package struct ObjectFilter: Hashable, Sendable {
    /// Blobs of that many bytes or more are left out; 0 leaves out all.
    package private(set) var blobLimit: Int?

    /// Trees and blobs so many steps or more below a commit's root tree are left out; 0 leaves out the root itself.
    private(set) var treeDepth: Int?

    /// Only objects of these kinds are sent.
    private(set) var kinds: Set<ObjectKind> = [.commit, .tree, .blob, .tag]

    /// Reads `blob:none`, `blob:limit=N[kmg]`, `tree:N`, `object:type=KIND`, or `combine:` and several of them.
    package init(parsing text: String) throws(GitError) {
        try add(text, depth: 0)
    }

    private mutating func add(_ text: String, depth: Int) throws(GitError) {
        if text == "blob:none" {
            blobLimit = 0
        } else if let number = Self.rest(of: text, after: "blob:limit=") {
            guard let limit = Self.size(number) else { throw Self.unknown(text) }
            blobLimit = min(blobLimit ?? .max, limit)
        } else if let number = Self.rest(of: text, after: "tree:") {
            guard let steps = Int(number), steps >= 0 else { throw Self.unknown(text) }
            treeDepth = min(treeDepth ?? .max, steps)
        } else if let name = Self.rest(of: text, after: "object:type=") {
            guard let kind = Self.kinds[name] else { throw Self.unknown(text) }
            kinds.formIntersection([kind])
        } else if let list = Self.rest(of: text, after: "combine:"), depth < 4 {
            let parts = list.split(separator: "+")
            guard (1...32).contains(parts.count) else { throw Self.unknown(text) }
            for part in parts {
                guard let part = part.removingPercentEncoding else { throw Self.unknown(text) }
                try add(part, depth: depth + 1)
            }
        } else {
            throw Self.unknown(text)
        }
    }

    /// Whether an object `depth` steps below a root tree, the root itself at 0, is sent as far as its kind and place
    /// tell; a blob's size may still leave it out.
    ///
    /// Commits and tags have no place in a tree.
    package func takes(_ kind: ObjectKind, depth: Int) -> Bool {
        switch kind {
        case .commit, .tag: kinds.contains(kind)
        case .tree: kinds.contains(kind) && depth < treeDepth ?? .max
        case .blob: kinds.contains(kind) && depth < treeDepth ?? .max && blobLimit != 0
        }
    }

    /// Whether what lies `depth` steps below a root tree has to be looked at.
    func looks(atDepth depth: Int) -> Bool { depth < treeDepth ?? .max && !kinds.isDisjoint(with: [.tree, .blob]) }

    private static let kinds: [String: ObjectKind] = [
        "commit": .commit, "tree": .tree, "blob": .blob, "tag": .tag,
    ]

    private static func rest(of text: String, after prefix: String) -> String? {
        text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }

    private static func size(_ text: String) -> Int? {
        let units = ["k": 10, "m": 20, "g": 30]
        let unit = text.last.flatMap { units[$0.lowercased()] }
        guard let number = Int(unit == nil ? text : String(text.dropLast())), (0...1 << 32).contains(number) else {
            return nil
        }
        return number << (unit ?? 0)
    }

    private static func unknown(_ text: String) -> GitError {
        .invalid(
            "the filter '\(text.prefix(80))' is not supported; there are blob:none, blob:limit=N, tree:N, "
                + "object:type=KIND and combine")
    }
}
