import Foundation
package import HubCore

/// The name of a ref as the file systems of those who clone may see it: neither case nor the composition of letters
/// makes a difference.
///
/// Two refs clash, and cannot both be checked out everywhere, if their keys are the same or one's is a folder of the
/// other's.
struct RefKey: Hashable, Sendable {
    let text: String

    init(_ ref: RefName) { text = ref.name.precomposedStringWithCanonicalMapping.lowercased() }

    private init(text: String) { self.text = text }

    /// `refs` and `refs/heads` of `refs/heads/main`.
    var folders: [RefKey] {
        let parts = text.split(separator: "/")
        return (1..<parts.count).map { RefKey(text: parts.prefix($0).joined(separator: "/")) }
    }

    /// What the keys of all refs below this one as a folder lie between: the character behind the slash is 0.
    var inside: (from: String, to: String) { (text + "/", text + "0") }

    /// What to say of two that clash.
    static func sentence(_ ref: RefName, beside other: some CustomStringConvertible) -> String {
        "\(ref.name.spelledOut) cannot exist beside \(other.description.spelledOut)"
    }
}

/// Names of refs, to find those that would clash with them.
package struct RefNamesInUse {
    private var names: [RefKey: RefName] = [:]

    /// Every folder the names make, with one name in it.
    private var folders: [RefKey: RefName] = [:]

    package init(_ refs: some Sequence<RefName> = []) {
        for ref in refs { insert(ref) }
    }

    mutating func insert(_ ref: RefName) {
        let key = RefKey(ref)
        names[key] = ref
        // Where a folder is known, so are those it is in.
        for folder in key.folders.reversed() {
            guard folders.updateValue(ref, forKey: folder) == nil else { return }
        }
    }

    /// Why `ref` cannot be made beside the others, as a sentence; nil if it can, or is one of them.
    package func clash(with ref: RefName) -> String? {
        let key = RefKey(ref)
        let same = names[key].flatMap { $0 == ref ? nil : $0 }
        let other = same ?? folders[key] ?? key.folders.lazy.compactMap { names[$0] }.first
        return other.map { RefKey.sentence(ref, beside: $0) }
    }
}
