import ArgumentParser
import Foundation
import HubAPI
import HubClient
import HubCore
import HubGit

struct Diff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what changed between two revisions, per tensor.",
        discussion: """
            For each tensor that changed: the L2 norm of the change, that norm relative to the old tensor's, and the cosine
            of the angle between the two.

              hubctl diff                           the folder against the last commit
              hubctl diff v1                        the folder against v1
              hubctl diff v1 main                   two branches, tags or commits
              hubctl diff v1 main --repo ada/tiny   of a repository on the hub; nothing is downloaded
            """)

    @Argument(help: "The older revision; by default the last commit.") var base: String?
    @Argument(help: "The newer revision; by default the files in the folder.") var head: String?
    @Option(help: "Ask the hub about this repository (owner/name).") var repo: String?
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard repo == nil || head != nil else { throw ValidationError("With --repo, name both revisions.") }
    }

    func run() async throws {
        if let repo, let base, let head {
            let id = try RepositoryID(.model, parsing: repo)
            return try tell(try await Session().call { try await $0.compare(id, from: base, to: head) })
        }
        let root = try WorkingCopy(containing: FileManager.default.currentDirectoryPath).root
        let (old, new) = try revisions(in: root)
        let body = try await LocalComparison.compare(old, new) { pointers, commit in
            try await Workspace(at: root).fetch(pointers, at: commit)
        }
        try tell(body)
    }

    private func revisions(in root: String) throws -> (LocalRevision, LocalRevision) {
        let copy = try WorkingCopy(containing: root)
        let old = try LocalRevision(copy.resolve(base ?? "HEAD"), in: root)
        guard let head else { return (old, try LocalRevision(workFilesOf: root)) }
        return (old, try LocalRevision(copy.resolve(head), in: root))
    }

    private func tell(_ body: CompareBody) throws {
        if json { return try Terminal.print(json: body) }
        Comparisons.tell(body)
    }
}
