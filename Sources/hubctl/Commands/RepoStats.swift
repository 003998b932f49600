import ArgumentParser
import HubAPI
import HubClient
import HubCore

struct RepoStats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Count what a repository holds: commits, refs, objects, files, bytes.")

    @Argument(help: "owner/name; by default the repository of this working copy.") var name: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let (session, id) = try Workspace.target(name)
        let body = try await session.call { try await $0.statistics(of: id) }
        if json { return try Terminal.print(json: body) }
        line("commits", body.objects.commits)
        line("trees", body.objects.trees)
        line("files in git", body.objects.blobs)
        line("tag objects", body.objects.tags)
        if !body.objects.isWhole { print("  and more than the hub counts") }
        print("longest history  \(Self.count(body.longestHistory, "commit"))")
        let refs = body.refs
        print(
            "refs             \(Self.count(refs.branches, "branch", "branches")), \(Self.count(refs.tags, "tag")), "
                + "\(Self.count(refs.pullRequests, "pull request")), \(Self.count(refs.others, "other"))")
        let large = body.largeFiles
        print(
            "large files      \(large.count), \(Terminal.size(large.bytes)); stored \(Terminal.size(large.storedAlone)) "
                + "alone, \(Terminal.size(large.storedShared)) shared with others")
        print("forks            \(body.forks)")
        if let push = body.lastPush { print("last push        \(push.date), \(push.ref) by \(push.via)") }
        for file in body.largestFiles { print("  \(file.path)\t\(Terminal.size(file.size))") }
    }

    private static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(number) \(number == 1 ? one : many ?? one + "s")"
    }

    private func line(_ word: String, _ share: StatisticsBody.Share) {
        print("\(word.padding(toLength: 16)) \(share.count), \(Terminal.size(share.bytes))")
    }
}

extension String {
    fileprivate func padding(toLength length: Int) -> String {
        self + String(repeating: " ", count: max(0, length - count))
    }
}
