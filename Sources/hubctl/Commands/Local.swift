import ArgumentParser
import Foundation
import HubAPI
import HubClient
import HubCore
import HubGit

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what changed in the working copy.")

    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let copy = try WorkingCopy(containing: FileManager.default.currentDirectoryPath)
        let changes = try copy.status()
        if json { return try Terminal.print(json: changes) }
        let head = try copy.head()
        print("On \(head.branch?.short ?? head.commit?.hex ?? "no branch")")
        for change in changes {
            let conflict = change.isConflicted ? "  in conflict" : ""
            print("  \(change.staged?.rawValue ?? "-")\t\(change.unstaged?.rawValue ?? "-")\t\(change.path)\(conflict)")
        }
        if try !copy.mergeHeads().isEmpty {
            print("A merge is in progress: 'hubctl merge --continue' ends it, 'hubctl merge --abort' undoes it.")
        }
        if changes.isEmpty { print("Nothing changed.") }
    }
}

struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stage files; large ones become content the hub keeps in chunks.")

    @Argument(help: "Files or folders.") var paths: [String]

    func run() throws {
        let here = FileManager.default.currentDirectoryPath
        let copy = try WorkingCopy(containing: here)
        let staging = try copy.stage(try paths.map { try copy.path(of: $0, from: here) })
        print("Staged \(Terminal.count(staging.added.count, "file")), \(staging.large.count) of them large.")
        if !staging.removed.isEmpty { print("Staged \(Terminal.count(staging.removed.count, "removal")).") }
    }
}

struct Commit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Record what is staged.", discussion: "Example: hubctl commit -a -m 'train longer'")

    @Flag(name: .short, help: "Stage everything that changed first.") var all = false
    @Option(name: .shortAndLong, help: "What the commit does, and why.") var message: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let id = try record(try await Self.author())
        if json { return try Terminal.print(json: ["commit": id.hex]) }
        print("Committed \(id.hex.prefix(10)): \(message)")
    }

    private static func author() async throws -> CommitAuthor {
        if let author = try WorkingCopy(containing: FileManager.default.currentDirectoryPath).configuredAuthor() {
            return author
        }
        return try await Workspace().author()
    }

    private func record(_ author: CommitAuthor) throws -> CommitID {
        let copy = try WorkingCopy(containing: FileManager.default.currentDirectoryPath)
        if all { _ = try copy.stage([""]) }
        return try copy.commit(message, author: author)
    }
}

struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the history.")

    @Argument(help: "The branch, tag or commit to begin with; by default the current commit.") var revision: String?
    @Option(name: .shortAndLong, help: "How many commits.") var number = 20
    @Flag(help: "Print JSON.") var json = false

    private struct Entry: Encodable {
        let commit: String
        let parents: [String]
        let author: String
        let date: Date
        let message: String
    }

    func run() throws {
        let copy = try WorkingCopy(containing: FileManager.default.currentDirectoryPath)
        guard let head = try revision.map({ try copy.resolve($0) }) ?? copy.head().commit else {
            return print(json ? "[]" : "There are no commits yet.")
        }
        let commits = try copy.log(head, limit: number)
        if json {
            return try Terminal.print(
                json: commits.map {
                    Entry(
                        commit: $0.id.hex, parents: $0.parents.map(\.hex), author: $0.author.name, date: $0.date,
                        message: $0.message)
                })
        }
        for commit in commits {
            print("\(commit.id.hex.prefix(10))  \(commit.author.name)  \(commit.title)")
        }
    }
}

struct Branch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List branches, or make one and switch to it.")

    @Argument(help: "The branch to make or switch to.") var name: String?
    @Option(name: .shortAndLong, help: "Delete this branch.") var delete: String?
    @Flag(help: "Print the list as JSON.") var json = false

    private struct Entry: Encodable {
        let name: String
        let commit: String
        let isCurrent: Bool
    }

    func run() throws {
        let copy = try WorkingCopy(containing: FileManager.default.currentDirectoryPath)
        if let delete { return try copy.delete(RefName(branch: delete)) }
        let head = try copy.head()
        guard let name else {
            let branches = try copy.branches()
            if json {
                return try Terminal.print(
                    json: branches.map {
                        Entry(name: $0.name.short, commit: $0.commit.hex, isCurrent: $0.name == head.branch)
                    })
            }
            for branch in branches {
                print("\(branch.name == head.branch ? "*" : " ") \(branch.name.short)")
            }
            return
        }
        let branch = try RefName(branch: name)
        if try !copy.branches().contains(where: { $0.name == branch }) {
            guard let commit = head.commit else { throw HubError.invalid("there are no commits yet") }
            try copy.createBranch(branch, at: commit)
        }
        _ = try copy.switchTo(branch)
        print("On \(name).")
    }
}

struct Tag: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List tags, or tag the current commit.")

    @Argument(help: "The tag to make.") var name: String?
    @Flag(help: "Print the list as JSON.") var json = false

    private struct Entry: Encodable {
        let name: String
        let commit: String
    }

    func run() throws {
        let copy = try WorkingCopy(containing: FileManager.default.currentDirectoryPath)
        guard let name else {
            let tags = try copy.tags()
            if json {
                return try Terminal.print(json: tags.map { Entry(name: $0.name.short, commit: $0.commit.hex) })
            }
            for tag in tags { print(tag.name.short) }
            return
        }
        guard let commit = try copy.head().commit else { throw HubError.invalid("there are no commits yet") }
        try copy.createTag(RefName(tag: name), at: commit)
    }
}
