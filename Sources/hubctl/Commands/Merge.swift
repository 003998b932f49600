import ArgumentParser
import HubAPI
import HubClient
import HubCore
import HubTensors

struct Merge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Merge a revision into the current branch, weights tensor by tensor.",
        discussion: """
            What one side changed is taken as it is. For tensors both sides changed, -s says what to do; by default they
            are listed with how the two changes relate: the cosine of the two movements away from the base, how much of \
            them falls on the same elements with opposite signs (contested), and on the same elements at all (overlap).

              hubctl merge experiment                         a branch, a tag or a commit
              hubctl merge main --from bob/tiny --dry-run     of a fork; only say what would happen
              hubctl merge main --from bob/tiny -s average    tensors both changed become the mean
              hubctl merge main -s sum -X 'lm_head.*=ours'    but the head stays ours
              hubctl merge --continue -s theirs               go on after conflicts
              hubctl merge --abort                            give up and be as before
              hubctl merge experiment --server --into main    on the hub, without a download
            """)

    @Argument(help: "The branch, tag or commit to merge.") var revision: String?
    @Option(help: "The repository it is in, as owner/name; by default that of this working copy.") var from: String?
    @Option(
        name: .shortAndLong, help: "For tensors both sides changed: conflict, ours, theirs, sum or average.")
    var strategy: String?
    @Option(
        name: [.customShort("X"), .long],
        help: ArgumentHelp(
            "Another strategy for tensors whose name matches; may be repeated, the first that matches decides.",
            valueName: "pattern=strategy"))
    var rule: [String] = []
    @Flag(help: "Let a change follow a tensor that the other side renamed.") var renames = false
    @Option(name: .shortAndLong, help: "The merge commit's message.") var message: String?
    @Flag(help: "Say what would happen; change nothing.") var dryRun = false
    @Flag(name: .customLong("continue"), help: "End a merge whose conflicts are settled.") var resume = false
    @Flag(help: "Give up the merge in progress.") var abort = false
    @Flag(help: "Let the hub merge; the working copy stays as it is.") var server = false
    @Option(help: "With --server: the branch to merge into; by default the default branch.") var into: String?
    @Option(help: "With --server: the repository to merge in; by default that of this working copy.") var repo: String?
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if resume && abort { throw ValidationError("--continue and --abort exclude each other.") }
        if resume || abort {
            guard revision == nil else { throw ValidationError("--continue and --abort take no revision.") }
        } else if revision == nil {
            throw ValidationError("Name the revision to merge, such as 'hubctl merge experiment'.")
        }
        guard server || (into == nil && repo == nil) else {
            throw ValidationError("--into and --repo go with --server; here the current branch is merged into.")
        }
        guard !server || (rule.isEmpty && !renames) else {
            throw ValidationError("-X and --renames are for merges in the working copy; the hub takes -s alone.")
        }
    }

    func run() async throws {
        let rules = try rules()
        if server { return try await mergeOnHub() }
        let workspace = try Workspace()
        let flow = MergeFlow(workspace, from: try from.map { try RepositoryID(.model, parsing: $0) })
        if abort {
            try flow.abort()
            return json ? try Terminal.print(json: ["outcome": "aborted"]) : print("The merge is undone.")
        }
        guard let revision else { return try Merges.tell(try await flow.resume(rules), json: json) }
        let result = try await flow.merge(
            try flow.find(revision), named: revision, rules: rules ?? MergeRules(), message: message, dryRun: dryRun)
        try Merges.tell(result, json: json, next: dryRun ? Self.dryAdvice : Self.advice)
    }

    /// What the command line says about tensors both sides changed; nil if it says nothing.
    private func rules() throws -> MergeRules? {
        guard strategy != nil || !rule.isEmpty || renames else { return nil }
        return MergeRules(
            try MergeStrategy(parsing: strategy ?? "conflict"),
            overrides: try rule.map { try MergeRules.override(parsing: $0) }, followsRenames: renames)
    }

    private func mergeOnHub() async throws {
        let (session, id) = try Workspace.target(repo)
        let order = MergeBody(
            source: revision, sourceRepository: from, target: into, strategy: strategy, message: message,
            dryRun: dryRun)
        try Merges.tell(
            try await session.call { try await $0.merge(into: id, order) }, json: json, next: Self.dryAdvice)
    }

    private static let dryAdvice = "Choose a side or a mean for what both changed: -s ours, theirs, sum or average."

    static let advice = """
        The merge waits. Tensors: 'hubctl merge --continue -s average' (or sum, ours, theirs), or put a file of your own
        there and 'hubctl add' it. Text: edit the files, 'hubctl add' them, then 'hubctl merge --continue'.
        'hubctl merge --abort' undoes all of it.
        """
}
