import ArgumentParser
import Foundation
import HubAPI
import HubClient
import HubCore
import HubGit
import HubInference
import HubTensors

struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what validation found out about a revision.")

    @Argument(help: "A branch, tag or commit; by default the current branch, or the main branch of --repo.")
    var revision: String?
    @Option(help: "owner/name; by default the repository of this working copy.") var repo: String?
    @Option(help: "Seconds to wait for a report that is under way.") var wait = 60
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard (0...86_400).contains(wait) else { throw ValidationError("--wait is a number from 0 to 86400.") }
    }

    func run() async throws {
        let (session, id) = try Workspace.target(repo)
        let revision = try revision ?? (repo == nil ? Self.currentBranch() : "main")
        let report = try await report(of: id, at: revision, session)
        try Reports.tell(report, of: "\(id) \(revision) (\(report.commit.prefix(10)))", json: json)
    }

    private func report(of id: RepositoryID, at revision: String, _ session: Session) async throws -> ReportBody {
        do {
            return try await session.call { try await $0.report(of: id, at: revision, wait: .seconds(wait)) }
        } catch HubError.revisionNotFound {
            throw HubError.revisionNotFound(
                "\(id) has no branch, tag or commit '\(revision)' on the hub; push it first")
        }
    }

    private static func currentBranch() throws -> String {
        let head = try Workspace().open().head()
        return head.branch?.short ?? head.commit?.hex ?? "main"
    }
}

struct Validate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Validate a model in a local folder, as a hub would; no server is asked.",
        discussion: """
            Ends with 1 if the model fails. Examples:

              hubctl validate my-model
              hubctl validate fine-tuned --against my-model     also compare the two
            """)

    @Argument(help: "The folder.") var path: String
    @Option(help: "The folder of the model it was made from.") var against: String?
    @Option(help: "Cores the forward pass may use.") var threads = min(8, ProcessInfo.processInfo.activeProcessorCount)
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard (1...256).contains(threads) else { throw ValidationError("--threads is a number from 1 to 256.") }
    }

    func run() async throws {
        let report = try await ModelValidator(threads: threads)
            .validate(try Self.revision(at: path), comparedWith: try against.map { try Self.revision(at: $0) })
        try Reports.tell(report, of: path, json: json)
    }

    private static func revision(at path: String) throws -> ModelRevision {
        var isFolder = ObjCBool(false)
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw HubError.notFound("there is no folder '\(path)'")
        }
        guard isFolder.boolValue, let names = FileManager.default.enumerator(atPath: path) else {
            throw HubError.invalid("'\(path)' is not a folder that can be read; name the folder the model is in")
        }
        var files: [String: any ByteReader] = [:]
        var links: [String] = []
        while let name = names.nextObject() as? String {
            guard name != ".git", !name.hasPrefix(".git/") else { continue }
            switch names.fileAttributes?[.type] as? FileAttributeType {
            case .typeSymbolicLink: links.append(name)
            case .typeRegular: files[name] = try MappedFile(path: "\(path)/\(name)")
            default: continue
            }
        }
        guard !files.isEmpty else { throw HubError.notFound("'\(path)' holds no files") }
        return ModelRevision(id: path, files: files, symlinks: links)
    }
}
