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
        let (session, id) = try target(name)
        let order = MergeBody(target: branch, strategy: strategy, dryRun: dryRun)
        try report(try await session.call { try await $0.sync(id, order) }, json: json)
    }
}

struct Merge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Merge a revision on the hub, weights tensor by tensor.",
        discussion: """
            What one side changed is taken as it is. For tensors both sides changed, -s says what to do; by default they
            are listed with how the two changes relate.

              hubctl merge fork-branch -s average
              hubctl merge main --from bob/tiny --dry-run
            """)

    @Argument(help: "The branch, tag or commit to merge.") var revision: String
    @Option(help: "The repository it is in, as owner/name; by default the same.") var from: String?
    @Option(help: "The repository to merge into; by default that of this working copy.") var into: String?
    @Option(help: "The branch to merge into; by default the default branch.") var branch: String?
    @Option(name: .shortAndLong, help: "conflict, ours, theirs, sum or average.") var strategy = "conflict"
    @Option(name: .shortAndLong, help: "The merge commit's message.") var message: String?
    @Flag(help: "Plan only.") var dryRun = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let (session, id) = try target(into)
        let order = MergeBody(
            source: revision, sourceRepository: from, target: branch, strategy: strategy, message: message,
            dryRun: dryRun)
        try report(try await session.call { try await $0.merge(into: id, order) }, json: json)
    }
}

struct Diff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what changed between two revisions on the hub, per tensor.",
        discussion: "Example: hubctl diff v1 main")

    @Argument(help: "The older revision.") var base: String
    @Argument(help: "The newer revision.") var head: String
    @Option(help: "owner/name; by default the repository of this working copy.") var repo: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let (session, id) = try target(repo)
        let body = try await session.call { try await $0.compare(id, from: base, to: head) }
        if json { return try Terminal.print(json: body) }
        for file in body.files { print("\(file.change)\t\(file.path)") }
        for tensor in body.tensors {
            let numbers = [("L2", tensor.l2), ("relative", tensor.relativeL2), ("cosine", tensor.cosine)]
                .compactMap { name, value in value.map { "\(name) \(String(format: "%.6g", $0))" } }
            print(
                "  \(tensor.change)\t\(tensor.tensor)\t\(tensor.dtype) \(tensor.shape)\t\(numbers.joined(separator: "  "))"
            )
        }
    }
}

struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what validation found out about a revision.")

    @Argument(help: "A branch, tag or commit.") var revision = "main"
    @Option(help: "owner/name; by default the repository of this working copy.") var repo: String?
    @Option(help: "Seconds to wait for a report that is under way.") var wait = 60
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let (session, id) = try target(repo)
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

/// The repository a command is about: the one named, or that of the working copy around.
private func target(_ name: String?) throws -> (Session, RepositoryID) {
    if let name { return (try Session(), try RepositoryID(.model, parsing: name)) }
    let workspace = try Workspace()
    return (workspace.session, workspace.repository)
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

private func report(_ result: MergeResultBody, json: Bool) throws {
    if json {
        try Terminal.print(json: result)
    } else {
        print("\(result.outcome.rawValue)\(result.commit.map { " \($0)" } ?? "")")
        for tensor in result.tensors where tensor.decision != "ours" || tensor.cosine != nil {
            let numbers = tensor.cosine.map {
                String(
                    format: "cosine %.3f  contested %.3f  overlap %.3f", $0, tensor.contestedMass ?? 0,
                    tensor.overlap ?? 0)
            }
            print("  \(tensor.decision)\t\(tensor.tensor)\t\(numbers ?? "")")
        }
        for conflict in result.conflicts {
            print("  conflict\t\(conflict.tensor ?? conflict.path)\t\(conflict.reason)")
        }
    }
    if result.outcome == .conflicts { throw ExitCodes.refused }
}
