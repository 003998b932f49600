package import HubCore

/// What somebody who came by SSH wants done: the command their client gave.
///
/// Only the few that git and git-lfs give are understood; nothing is ever handed to a shell.
package enum SSHCommand: Hashable, Sendable {
    case fetch(RepositoryID)
    case push(RepositoryID)

    /// Where and how large files are sent or fetched over HTTP.
    case largeFiles(RepositoryID, LFSService.Operation)

    /// Something of git or git-lfs that the hub does not do, or not so.
    case other(String)

    /// Parses a command line; nil if it is nothing of git.
    ///
    /// - Parameter bareNameOwner: Who owns the repositories that are named by one word.
    package init?(parsing line: String, bareNameOwner: String) throws {
        guard var words = Self.words(of: line), !words.isEmpty else { return nil }
        if words.first == "git", words.count > 1 {
            words.removeFirst()
            words[0] = "git-" + words[0]
        }
        switch (words[0], words.count) {
        case ("git-upload-pack", 2): self = .fetch(try Self.repository(words[1], bareNameOwner))
        case ("git-receive-pack", 2): self = .push(try Self.repository(words[1], bareNameOwner))
        case ("git-lfs-authenticate", 3...):
            guard let operation = LFSService.Operation(rawValue: words[2]) else {
                let name = words[2].prefix(100).spelledOut
                throw HubError.invalid("git-lfs-authenticate does not do '\(name)': there is upload and download")
            }
            self = .largeFiles(try Self.repository(words[1], bareNameOwner), operation)
        case (let command, _) where command.hasPrefix("git-"): self = .other(command)
        default: return nil
        }
    }

    /// What to tell who asked for a command, or a service over HTTP, that the hub does not do.
    package static func refusal(of command: String, over transport: String = "SSH") -> String {
        if command == "git-upload-archive" {
            return "this hub makes no archives; clone the repository (--depth 1 is enough) and run git archive there"
        }
        let also = transport == "SSH" ? ", and git-lfs-authenticate PATH upload|download" : ""
        return "this hub does not do \(command.prefix(100).spelledOut): over \(transport) it does "
            + "git-upload-pack (fetch, clone) and git-receive-pack (push)\(also)"
    }

    /// `/owner/name.git` and its like; models have no prefix, as in URLs.
    private static func repository(_ path: String, _ bareNameOwner: String) throws -> RepositoryID {
        var parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        if let last = parts.last, last.hasSuffix(".git") { parts[parts.count - 1] = String(last.dropLast(4)) }
        var kind = RepositoryID.Kind.model
        if parts.count > 1, let named = RepositoryID.Kind.allCases.first(where: { $0.plural == parts[0] }) {
            kind = named
            parts.removeFirst()
        }
        if parts.count == 1 { parts.insert(bareNameOwner, at: 0) }
        guard parts.count == 2 else {
            throw HubError.repositoryNotFound("'\(path.prefix(200))' is not a repository; expected owner/name.git")
        }
        do throws(HubError) {
            return try RepositoryID(kind, owner: parts[0], name: parts[1])
        } catch {
            throw HubError.repositoryNotFound(error.description)
        }
    }

    /// Splits a line as git quotes it: single quotes, and a backslash before what stands outside of them.
    ///
    /// Nil if it is quoted otherwise, or ends within quotes.
    private static func words(of line: String) -> [String]? {
        guard line.utf8.count <= 4096 else { return nil }
        var words: [String] = []
        var word: String?
        var isQuoted = false
        var rest = line.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar.value >= 0x20, scalar.value != 0x7F else { return nil }
            switch scalar {
            case "'":
                isQuoted.toggle()
                word = word ?? ""
            case _ where isQuoted: word?.unicodeScalars.append(scalar)
            case "\\":
                guard let next = rest.popFirst(), next.value >= 0x20 else { return nil }
                word = (word ?? "") + String(next)
            case " ":
                if let word { words.append(word) }
                word = nil
            case _ where "\"$`;&|<>(){}*?[]#~!".unicodeScalars.contains(scalar): return nil
            default: word = (word ?? "") + String(scalar)
            }
        }
        guard !isQuoted else { return nil }
        return word.map { words + [$0] } ?? words
    }
}
