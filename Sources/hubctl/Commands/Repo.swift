import ArgumentParser
import HubAPI
import HubClient
import HubCore

struct Repo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create, list, show, count, delete repositories, and change who sees them.",
        subcommands: [Create.self, List.self, Show.self, RepoStats.self, Delete.self, SetVisibility.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create an empty repository.", discussion: "Example: hubctl repo create alice/tiny --private")

        @Argument(help: "owner/name") var name: String
        @Flag(help: "Let only members see it.") var `private` = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let id = try RepositoryID(.model, parsing: name)
            let body = try await Session().call {
                try await $0.createRepository(id, visibility: `private` ? .private : .public, empty: true)
            }
            if json { return try Terminal.print(json: body) }
            print("Created \(id) at \(body.url)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the repositories you may see.")

        @Option(help: "Only those of this user or organisation.") var owner: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let bodies = try await Session().call { try await $0.repositories(author: owner) }
            if json { return try Terminal.print(json: bodies) }
            for body in bodies {
                let fork = body.forkedFrom.map { ", fork of \($0)" } ?? ""
                print("\(body.id)\t\(body.private == true ? "private" : "public")\(fork)\t\(body.lastModified ?? "")")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one repository.")

        @Argument(help: "owner/name") var name: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let id = try RepositoryID(.model, parsing: name)
            let body = try await Session().call { try await $0.repository(id) }
            if json { return try Terminal.print(json: body) }
            print("\(body.id) (\(body.private == true ? "private" : "public"))")
            if let upstream = body.forkedFrom { print("fork of \(upstream)") }
            if let mirror = try await Session().call({ try await $0.mirror(id) }) {
                let word =
                    mirror.failures > 0 ? "failed \(mirror.failures) times" : "last run \(mirror.lastRun ?? "never")"
                print("mirror of \(mirror.upstream), \(word)\(mirror.message.map { ": \($0)" } ?? "")")
            }
            print("head \(body.sha ?? "none yet")")
            for file in body.siblings ?? [] { print("  \(file.rfilename)\t\(Terminal.size(file.size ?? 0))") }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a repository and its history.")

        @Argument(help: "owner/name") var name: String
        @Flag(help: "Do it without asking.") var yes = false

        func run() async throws {
            let id = try RepositoryID(.model, parsing: name)
            guard yes else { throw HubError.invalid("this deletes \(id) for good; repeat it with --yes") }
            try await Session().call { try await $0.deleteRepository(id) }
            print("Deleted \(id).")
        }
    }

    struct SetVisibility: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "visibility", abstract: "Make a repository public or private.")

        @Argument(help: "owner/name") var name: String
        @Argument(help: "public or private") var visibility: String

        func run() async throws {
            guard let wanted = Visibility(rawValue: visibility) else {
                throw HubError.invalid("'\(visibility)' is neither public nor private")
            }
            let id = try RepositoryID(.model, parsing: name)
            try await Session().call { try await $0.setVisibility(wanted, of: id) }
            print("\(id) is \(visibility) now.")
        }
    }
}
