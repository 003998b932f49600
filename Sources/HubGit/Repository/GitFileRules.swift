import HubCore

/// What must not stand in files that git itself reads on the machine of whoever clones.
enum GitFileRules {
    /// Git reads no longer lines of attributes, and refuses them in a push.
    private static let attributeLineLimit = 2048

    /// Larger ones are for no human.
    static let sizeLimit = 1 << 20

    /// Whether git reads a file of this name.
    static func concern(_ name: [UInt8]) -> Bool { isAttributes(name) || isModules(name) }

    /// What is wrong with a file that is one of git's own, or nil.
    static func problem(of name: [UInt8], _ bytes: [UInt8]) -> String? {
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        if isAttributes(name) {
            let isLong = lines.contains { $0.count >= attributeLineLimit }
            return isLong ? "a line has \(attributeLineLimit) bytes or more; git does not read it" : nil
        }
        return lines.lazy.compactMap { problem(ofModule: String(decoding: $0, as: UTF8.self)) }.first
    }

    private static func isAttributes(_ name: [UInt8]) -> Bool {
        PathRules.folded(ascii: name) == Array(".gitattributes".utf8)
    }

    private static func isModules(_ name: [UInt8]) -> Bool {
        PathRules.folded(ascii: name) == Array(".gitmodules".utf8)
    }

    /// Values that some gits took for options or commands, and names that lead out of the folder git keeps modules in.
    private static func problem(ofModule line: String) -> String? {
        let line = line.filter { !$0.isWhitespace && $0 != "\"" }
        if line.hasPrefix("[") {
            let name = line.dropFirst("[submodule".count).prefix { $0 != "]" }
            let parts = name.split { $0 == "/" || $0 == "\\" }
            return parts.contains("..") ? "a submodule's name leads out of its folder" : nil
        }
        guard let equals = line.firstIndex(of: "=") else { return nil }
        let (key, value) = (line[..<equals].lowercased(), line[line.index(after: equals)...])
        switch key {
        case "url" where value.hasPrefix("-"), "path" where value.hasPrefix("-"):
            return "a submodule's \(key) looks like an option of a command"
        case "update" where value.hasPrefix("!"): return "a submodule's update is a command to run"
        default: return nil
        }
    }
}
