import HubCore

/// Which names a tree may hold, so that no checkout on any system writes where it should not.
///
/// The rules of `git fsck` for `.git` in its disguises on NTFS and HFS+, and stricter ones for what only serves to
/// deceive: control characters, names that are not UTF-8. A backslash is a character like any other to git, which does
/// not check such a name out where it separates names; so it may be there, as long as no part it would make is `.git`.
enum PathRules {
    /// What is wrong with one part of a path, or nil.
    static func problem(ofName name: [UInt8]) -> String? {
        guard !name.isEmpty else { return "a part of the path is empty" }
        guard name.count <= 255 else { return "a part of the path has more than 255 bytes" }
        guard !isPlain(name) else { return nil }
        guard let text = String(validating: name, as: UTF8.self) else { return "the name is not UTF-8" }
        if text == "." || text == ".." { return "'\(text)' is not a name" }
        if name.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "the name holds a control character" }
        if name.contains(UInt8(ascii: "/")) { return "the name holds a slash" }
        if text.split(separator: "\\").contains(where: { isDotGit(String($0)) }) || isDotGit(text) {
            return "the name means '.git' on some systems"
        }
        return nil
    }

    /// Whether a name is one of the many that need no closer look.
    private static func isPlain(_ name: [UInt8]) -> Bool {
        name[0] != UInt8(ascii: ".") && name.allSatisfy { byte in plain[Int(byte)] }
    }

    /// By byte: letters, digits, `.`, `-` and `_`.
    private static let plain: [Bool] = (0..<256).map { byte in
        let character = Character(Unicode.Scalar(UInt8(byte)))
        return byte < 128 && (character.isLetter || character.isNumber || ".-_".contains(character))
    }

    /// Whether a file system that folds case, drops ignorable characters or has short names sees `.git` in `name`.
    private static func isDotGit(_ name: String) -> Bool {
        let visible = String(String.UnicodeScalarView(name.unicodeScalars.filter { !ignoredByHFS.contains($0.value) }))
        // NTFS drops what follows a colon, and trailing dots and spaces.
        var windows = visible.prefix { $0 != ":" }
        while let last = windows.last, last == "." || last == " " { windows.removeLast() }
        return [".git", "git~1"].contains(windows.lowercased()) || [".git", "git~1"].contains(visible.lowercased())
    }

    /// Whether some file system takes `name` for a file git reads: `.gitmodules`, `.gitattributes` and their like, also
    /// by the short names of NTFS.
    static func mayBeGitFile(_ name: String) -> Bool {
        let visible = String(String.UnicodeScalarView(name.unicodeScalars.filter { !ignoredByHFS.contains($0.value) }))
        let folded = visible.lowercased()
        return folded.hasPrefix(".git") || (folded.hasPrefix("g") && folded.contains("~"))
    }

    /// Characters HFS+ ignores when it compares names (git's `utf8.c` lists the same).
    private static let ignoredByHFS: Set<UInt32> = Set(
        Array(0x200C...0x200F) + Array(0x202A...0x202E) + Array(0x206A...0x206F) + [0xFEFF])

    /// What two names must not share in one directory: their form without case and Unicode composition.
    static func folded(_ name: String) -> String { name.lowercased() }

    /// The same for a name of ASCII bytes.
    static func folded(ascii name: [UInt8]) -> [UInt8] {
        name.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }

    /// A hash of that; names of two hashes are different.
    static func hash(foldedASCII name: [UInt8]) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name {
            let isUpper = byte &- UInt8(ascii: "A") < 26
            hash = (hash ^ UInt64(isUpper ? byte | 0x20 : byte)) &* 0x100_0000_01B3
        }
        return Int(truncatingIfNeeded: hash)
    }

    /// Whether a symbolic link at `path` points into the same revision, as text; nothing is followed.
    static func staysInside(link target: String, at path: String) -> Bool {
        guard !target.isEmpty, !target.hasPrefix("/"), !target.contains("\\"), !target.contains("\0") else {
            return false
        }
        guard !target.contains(":") else { return false }
        var depth = path.split(separator: "/").count - 1
        for part in target.split(separator: "/") where part != "." {
            depth += part == ".." ? -1 : 1
            guard depth >= 0 else { return false }
        }
        return true
    }
}
