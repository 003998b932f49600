import ArgumentParser
import Foundation
import HubAPI
import HubClient
import HubCore
import HubInference
import HubTensors

struct Fork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fork a repository; nothing is copied but its refs.",
        discussion: "Example: hubctl fork alice/tiny --name tiny-ft")

    @Argument(help: "owner/name") var name: String
    @Option(name: .customLong("name"), help: "The fork's name; by default the same.") var newName: String?
    @Option(help: "Who owns the fork; by default you.") var owner: String?
    @Flag(help: "Let only members see it.") var `private` = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let id = try RepositoryID(.model, parsing: name)
        let order = ForkBody(organization: owner, name: newName, visibility: `private` ? .private : nil)
        let body = try await Session().call { try await $0.fork(id, as: order) }
        if json { return try Terminal.print(json: body) }
        print("Forked \(id) as \(body.id ?? body.url).")
    }
}

struct Sync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Bring a fork up to date with its upstream.")

    @Argument(help: "owner/name; by default the repository of this working copy.") var name: String?
    @Option(name: .shortAndLong, help: "For tensors both sides changed: conflict, ours, theirs, sum or average.")
    var strategy: String?
    @Option(help: "The branch; by default the default branch.") var branch: String?
    @Flag(help: "Plan only.") var dryRun = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let (session, id) = try Workspace.target(name)
        let order = MergeBody(target: branch, strategy: strategy, dryRun: dryRun)
        try Merges.tell(try await session.call { try await $0.sync(id, order) }, json: json)
    }
}

struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what validation found out about a revision.")

    @Argument(help: "A branch, tag or commit.") var revision = "main"
    @Option(help: "owner/name; by default the repository of this working copy.") var repo: String?
    @Option(help: "Seconds to wait for a report that is under way.") var wait = 60
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let (session, id) = try Workspace.target(repo)
        let report = try await session.call {
            try await $0.report(of: id, at: revision, wait: .seconds(wait))
        }
        try show(report, json: json)
        if report.verdict == .failed { throw ExitCodes.refused }
    }
}

struct Validate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Validate a model in a local folder, as a hub would; no server is asked.")

    @Argument(help: "The folder.") var path: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let report = try await ModelValidator(threads: 2)
            .validate(try revision(at: path), comparedWith: nil)
        try show(report, json: json)
        if report.verdict == .failed { throw ExitCodes.refused }
    }

    private func revision(at path: String) throws -> ModelRevision {
        guard let names = FileManager.default.enumerator(atPath: path) else {
            throw HubError.notFound("there is no folder '\(path)'")
        }
        var files: [String: any ByteReader] = [:]
        var links: [String] = []
        while let name = names.nextObject() as? String {
            guard !name.hasPrefix(".git/"), name != ".git" else { continue }
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

private func show(_ report: ReportBody, json: Bool) throws {
    if json { return try Terminal.print(json: report) }
    print("\(report.commit): \(report.verdict?.rawValue ?? report.state.rawValue)")
    for stage in report.stages {
        print("  \(stage.name)\t\(stage.outcome.rawValue)\t\(stage.summary)")
    }
    for finding in report.findings { print("  \(finding)") }
    if let inference = report.inference {
        print("  sample: \(inference.samplePrompt)|\(inference.sample.debugDescription)")
    }
    guard let comparison = report.comparison, let drift = comparison.logitKL else { return }
    let before = comparison.perplexityBefore ?? 0
    let after = comparison.perplexityAfter ?? 0
    print(String(format: "  against its parent: KL %.6f nats, perplexity %.3f to %.3f", drift, before, after))
}
