package import HubCore

/// What the `.gitattributes` and `.gitignore` files of one revision say of paths, be they there or not.
package struct PathRuleSet {
    /// By folder, with a final slash; the root is the empty text.
    private var attributes: [String: AttributeFile?] = [:]
    private var ignores: [String: IgnoreFile?] = [:]

    /// What may still be spent on comparing patterns.
    private var effort = 200_000_000

    /// - Parameters:
    ///   - attributes: The root's `.gitattributes` where there is no revision.
    ///   - ignore: Takes the place of the root's `.gitignore`.
    package init(attributes: String? = nil, ignore: String? = nil) {
        if let attributes { self.attributes[""] = AttributeFile(Array(attributes.utf8)) }
        if let ignore { ignores[""] = IgnoreFile(Array(ignore.utf8)) }
    }

    /// Whether `path` is kept as a large file; nil if no rule says either.
    package mutating func isLarge(
        _ path: String, in tree: ObjectID?, _ git: borrowing GitRepository
    ) throws -> Bool? {
        let bytes = Array(path.utf8)
        for folder in Self.folders(of: path).reversed() {
            guard let file = try attributeFile(in: folder, tree, git) else { continue }
            guard let filter = file.filter(of: bytes[folder.utf8.count...], effort: &effort) else { continue }
            try checkEffort()
            switch filter {
            case .named(let name): return name == "lfs"
            case .none: return false
            case .unspecified: return nil
            }
        }
        try checkEffort()
        return nil
    }

    /// Whether git would leave `path` out.
    package mutating func isIgnored(
        _ path: String, in tree: ObjectID?, _ git: borrowing GitRepository
    ) throws -> Bool {
        // What stands in an ignored folder cannot be taken back in.
        for folder in Self.folders(of: path).dropFirst()
        where try isIgnored(String(folder.dropLast()), isDirectory: true, in: tree, git) {
            return true
        }
        return try isIgnored(path, isDirectory: false, in: tree, git)
    }

    private mutating func isIgnored(
        _ path: String, isDirectory: Bool, in tree: ObjectID?, _ git: borrowing GitRepository
    ) throws -> Bool {
        let bytes = Array(path.utf8)
        for folder in Self.folders(of: path).reversed() {
            guard let file = try ignoreFile(in: folder, tree, git) else { continue }
            let answer = file.ignores(bytes[folder.utf8.count...], isDirectory: isDirectory, effort: &effort)
            try checkEffort()
            if let answer { return answer }
        }
        return false
    }

    private mutating func attributeFile(
        in folder: String, _ tree: ObjectID?, _ git: borrowing GitRepository
    ) throws -> AttributeFile? {
        if let known = attributes[folder] { return known }
        let macros = folder.isEmpty ? nil : try attributeFile(in: "", tree, git)?.macros ?? [:]
        let file = try text(folder + ".gitattributes", tree, git).map { AttributeFile($0, macros: macros) }
        attributes[folder] = .some(file)
        return file
    }

    private mutating func ignoreFile(
        in folder: String, _ tree: ObjectID?, _ git: borrowing GitRepository
    ) throws -> IgnoreFile? {
        if let known = ignores[folder] { return known }
        let file = try text(folder + ".gitignore", tree, git).map { IgnoreFile($0) }
        ignores[folder] = .some(file)
        return file
    }

    private func text(_ path: String, _ tree: ObjectID?, _ git: borrowing GitRepository) throws -> [UInt8]? {
        guard let tree, let entry = try git.find(path, in: tree), FileMode(entry.mode)?.isFile == true,
            let header = try git.source.header(entry.id), header.size <= RuleLines.byteLimit
        else { return nil }
        return try git.read(entry.id, as: .blob)
    }

    private func checkEffort() throws {
        guard effort > 0 else {
            throw GitError(code: .invalid, message: "the patterns of .gitattributes and .gitignore are too complicated")
        }
    }

    /// The folders above a path, the root first, each with a final slash.
    private static func folders(of path: String) -> [String] {
        var folders = [""]
        for part in path.split(separator: "/").dropLast() { folders.append("\(folders.last ?? "")\(part)/") }
        return folders
    }
}
