import ArgumentParser
import HubAPI
import HubClient
import HubCore

struct PullRequest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pr",
        abstract: "Propose changes, look at them and merge them, on the hub.",
        discussion: """
              hubctl pr create "Better weights" --source experiment
              hubctl pr create "Better weights" --source main --from bob/tiny --repo ada/tiny
              hubctl pr list --state all
              hubctl pr show 3                    what it changes, tensor by tensor, and what is said about it
              hubctl pr merge 3 -s average        tensors both sides changed become the mean
            """,
        subcommands: [
            Create.self, List.self, Show.self, Diff.self, Comment.self, Open.self, Close.self, Merge.self,
        ])

    /// The repository a command is about.
    struct Place: ParsableArguments {
        @Option(help: "owner/name; by default the repository of this working copy.") var repo: String?

        func target() throws -> (Session, RepositoryID) { try Workspace.target(repo) }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose a revision that is on the hub.",
            discussion: """
                Without --source the pull request is a draft without commits. What is proposed must have been pushed: to a
                branch of the repository, or to a fork of it (--from).
                """)

        @Argument(help: "What it is about, in a line.") var title: String
        @Option(help: "The branch, tag or commit to propose.") var source: String?
        @Option(help: "The fork it is in, as owner/name; by default the repository itself.") var from: String?
        @Option(help: "The branch it is for; by default the default branch.") var into: String?
        @Option(name: .shortAndLong, help: "More about it.") var message: String?
        @OptionGroup var place: Place
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            guard from == nil || source != nil else { throw ValidationError("With --from, name the --source in it.") }
        }

        func run() async throws {
            let (session, id) = try place.target()
            let order = CreateDiscussionBody(
                title: title, description: message, pullRequest: true, source: source, sourceRepository: from,
                base: into)
            let made = try await session.call { try await $0.openDiscussion(in: id, order) }
            if json { return try Terminal.print(json: made) }
            print("Opened pull request \(made.num) of \(id) (\(made.status.rawValue)).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List pull requests, newest first.")

        @Option(help: "open (drafts too), closed (merged ones too) or all.") var state = "open"
        @Option(help: "Only those this user opened.") var author: String?
        @Option(name: .short, help: "At most so many.") var n = 50
        @OptionGroup var place: Place
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            guard ["open", "closed", "all"].contains(state) else {
                throw ValidationError("--state is open, closed or all.")
            }
            guard n > 0 else { throw ValidationError("-n is a number from 1 on.") }
        }

        func run() async throws {
            let (session, id) = try place.target()
            let found = try await session.call {
                try await $0.discussions(of: id, kind: "pull_request", state: state, author: author, limit: n)
            }
            if json { return try Terminal.print(json: found) }
            for body in found {
                print("\(body.num)\t\(body.status.rawValue)\t\(body.title)\t\(body.author?.name ?? "")")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a pull request changes, tensor by tensor, and what happened in it.")

        @Argument(help: "Its number.") var number: Int
        @OptionGroup var place: Place
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let (session, id) = try place.target()
            let details = try await session.call { try await $0.discussion(number, of: id) }
            if json { return try Terminal.print(json: details) }
            PullRequests.tell(details, of: id)
            guard let base = details.changes?.baseCommit, let head = details.changes?.headCommit else { return }
            print("\nchanges \(base.prefix(10))..\(head.prefix(10))")
            Comparisons.tell(try await session.call { try await $0.compare(id, from: base, to: head) })
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a pull request's diff: weights by tensor, then what 'git apply' takes.")

        @Argument(help: "Its number.") var number: Int
        @OptionGroup var place: Place

        func run() async throws {
            let (session, id) = try place.target()
            let details = try await session.call { try await $0.discussion(number, of: id, withDiff: true) }
            guard let diff = details.diff else {
                throw HubError.invalid(
                    "\(id) gives no diff of \(number): it is no pull request, or access must be asked for")
            }
            Swift.print(Terminal.isShownOutput ? diff.safeForTerminal : diff, terminator: "")
        }
    }

    struct Comment: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say something in a pull request or discussion.")

        @Argument(help: "Its number.") var number: Int
        @Argument(help: "What to say.") var text: String
        @OptionGroup var place: Place
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let (session, id) = try place.target()
            let event = try await session.call { try await $0.comment(text, on: number, of: id) }
            if json { return try Terminal.print(json: event) }
            print("Commented on \(number).")
        }
    }

    struct Open: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a draft for review, or a closed pull request again.")

        @Argument(help: "Its number.") var number: Int
        @Option(name: .shortAndLong, help: "What to say about it.") var message: String?
        @OptionGroup var place: Place
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await PullRequests.set(.open, of: number, saying: message, at: place, json: json)
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Close a pull request without merging it.")

        @Argument(help: "Its number.") var number: Int
        @Option(name: .shortAndLong, help: "What to say about it.") var message: String?
        @OptionGroup var place: Place
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await PullRequests.set(.closed, of: number, saying: message, at: place, json: json)
        }
    }

    struct Merge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Merge a pull request, weights tensor by tensor.",
            discussion: "Its validation must be done and not have failed; conflicts end the command with 1.")

        @Argument(help: "Its number.") var number: Int
        @Option(name: .shortAndLong, help: "For tensors both sides changed: conflict, ours, theirs, sum or average.")
        var strategy: String?
        @Option(name: .shortAndLong, help: "What to say about it.") var message: String?
        @Flag(help: "Whatever validation says; for administrators of the repository.") var force = false
        @OptionGroup var place: Place
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let (session, id) = try place.target()
            let order = MergePullRequestBody(comment: message, strategy: strategy, force: force ? true : nil)
            let result = try await session.call { try await $0.mergePullRequest(number, of: id, order) }
            if json { return try Terminal.print(json: result) }
            print("Merged pull request \(number) of \(id) as \(result.mergeCommitId?.prefix(10) ?? "nothing").")
        }
    }
}
