import HubCore

/// The entries of one tree object, in the order git keeps them.
struct TreeObject: Sendable {
    struct Entry: Sendable, Hashable {
        /// As stored: `0o100644`, `0o100755`, `0o120000`, `0o040000` or `0o160000` in a sound tree.
        var mode: UInt32
        var name: [UInt8]
        var id: ObjectID

        var isTree: Bool { mode == Mode.tree }
        var text: String { String(decoding: name, as: UTF8.self) }
    }

    enum Mode {
        static let file: UInt32 = 0o100644
        static let executable: UInt32 = 0o100755
        static let symlink: UInt32 = 0o120000
        static let tree: UInt32 = 0o040000
        static let submodule: UInt32 = 0o160000
    }

    var entries: [Entry]

    init(entries: [Entry]) { self.entries = entries }

    /// Reads `mode SP name NUL id` until the end; anything else is a ``GitError``.
    init(parsing bytes: [UInt8]) throws(GitError) {
        entries = []
        var place = 0
        while place < bytes.count {
            guard let space = bytes[place...].firstIndex(of: UInt8(ascii: " ")), (1...6).contains(space - place),
                bytes[place] != UInt8(ascii: "0"),
                bytes[place..<space].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }),
                let mode = UInt32(String(decoding: bytes[place..<space], as: UTF8.self), radix: 8),
                let zero = bytes[space...].firstIndex(of: 0), zero > space + 1,
                zero + ObjectID.byteCount < bytes.count,
                let id = ObjectID(bytes: bytes[(zero + 1)...(zero + ObjectID.byteCount)])
            else { throw GitError(code: .invalid, message: "a tree object is malformed") }
            entries.append(Entry(mode: mode, name: Array(bytes[(space + 1)..<zero]), id: id))
            place = zero + 1 + ObjectID.byteCount
        }
    }

    /// The entries in git's order, as git hashes them.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for entry in entries.sorted(by: Self.precedes) {
            bytes += Array(String(entry.mode, radix: 8).utf8)
            bytes.append(UInt8(ascii: " "))
            bytes += entry.name
            bytes.append(0)
            bytes += entry.id.bytes
        }
        return bytes
    }

    /// Git compares names as bytes, a tree's as if it ended in a slash.
    static func precedes(_ one: Entry, _ other: Entry) -> Bool {
        let slash = UInt8(ascii: "/")
        let first = one.isTree ? one.name + [slash] : one.name
        let second = other.isTree ? other.name + [slash] : other.name
        return first.lexicographicallyPrecedes(second)
    }
}
