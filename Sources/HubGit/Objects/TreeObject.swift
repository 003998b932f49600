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
        // An entry has some thirty bytes at least.
        entries.reserveCapacity(bytes.count / 40)
        var place = 0
        while place < bytes.count {
            guard let mode = Self.readMode(bytes, &place) else { throw Self.malformed }
            let start = place
            while place < bytes.count, bytes[place] != 0 { place += 1 }
            let end = place + 1 + ObjectID.byteCount
            guard place > start, end <= bytes.count, let id = ObjectID(bytes: bytes[(place + 1)..<end]) else {
                throw Self.malformed
            }
            entries.append(Entry(mode: mode, name: Array(bytes[start..<place]), id: id))
            place = end
        }
    }

    /// Up to six octal digits that do not begin with a zero, and a space.
    private static func readMode(_ bytes: [UInt8], _ place: inout Int) -> UInt32? {
        var mode: UInt32 = 0
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: " ") {
            let digit = bytes[place] &- UInt8(ascii: "0")
            guard digit < 8, mode > 0 || digit > 0, place - start < 6 else { return nil }
            mode = mode << 3 | UInt32(digit)
            place += 1
        }
        guard place > start, place < bytes.count else { return nil }
        place += 1
        return mode
    }

    private static var malformed: GitError { GitError(code: .invalid, message: "a tree object is malformed") }

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
