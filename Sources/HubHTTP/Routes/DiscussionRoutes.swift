import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// Discussions and pull requests.
struct DiscussionRoutes {
    let hub: Hub

    func add(to routes: RouteTable) {
        routes.forEachKind { kind, one in
            addReading(kind, to: one.group("discussions"))
            addWriting(kind, to: one.group("discussions"))
        }
    }

    private func addReading(_ kind: RepositoryID.Kind, to one: RouteTable) {
        one.get(
            "", "Lists discussions and pull requests, newest first.",
            query: [
                .number("p", 0...1_000_000, "The page."),
                .word(
                    "type", DiscussionFilter.Kind.allCases.map(\.rawValue), "Only discussions, or only pull requests."),
                .word(
                    "status", DiscussionFilter.State.allCases.map(\.rawValue),
                    "Only open ones, drafts included, or only closed ones."),
                .text("author", "Only those this user opened."),
            ], answer: .json(DiscussionListBody.self)
        ) { request, context in try await list(kind, request, context) }
        one.get(
            ":number", "Shows a discussion with all that happened in it.",
            query: [.flag("diff", "Whether to show what a pull request changes.")],
            answer: .json(DiscussionDetailsBody.self)
        ) { request, context in try await show(kind, request, context) }
    }

    private func addWriting(_ kind: RepositoryID.Kind, to one: RouteTable) {
        one.post(
            "", "Opens a discussion or a pull request.", body: .json(CreateDiscussionBody.self),
            answer: .json(DiscussionBody.self)
        ) { request, context in try await create(kind, request, context) }
        one.post(
            ":number/comment", "Adds a comment.", body: .json(CommentBody.self), answer: .json(NewCommentBody.self)
        ) { request, context in
            let body = try await request.json(CommentBody.self, limit: hub.limits.jsonBytes)
            let event = try await hub.discussions.comment(
                body.comment, on: context.number(), of: context.repository(kind), by: context.caller)
            return try Answer.json(NewCommentBody(newMessage: DiscussionEventBody(event)))
        }
        one.post(
            ":number/comment/:comment/edit", "Changes a comment; what it said is kept.",
            body: .json(EditCommentBody.self), answer: .json(UpdatedCommentBody.self)
        ) { request, context in
            let body = try await request.json(EditCommentBody.self, limit: hub.limits.jsonBytes)
            let event = try await hub.discussions.edit(
                context.parameter("comment").lowercased(), to: body.content, on: context.number(),
                of: context.repository(kind), by: context.caller)
            return try Answer.json(UpdatedCommentBody(updatedComment: DiscussionEventBody(event)))
        }
        one.post(
            ":number/comment/:comment/hide", "Takes a comment out of sight, for good.",
            answer: .json(UpdatedCommentBody.self)
        ) { _, context in
            let event = try await hub.discussions.hide(
                context.parameter("comment").lowercased(), on: context.number(), of: context.repository(kind),
                by: context.caller)
            return try Answer.json(UpdatedCommentBody(updatedComment: DiscussionEventBody(event)))
        }
        one.post(
            ":number/title", "Gives another title.", body: .json(RenameDiscussionBody.self),
            answer: .json(NewTitleBody.self)
        ) { request, context in
            let body = try await request.json(RenameDiscussionBody.self, limit: hub.limits.jsonBytes)
            let event = try await hub.discussions.rename(
                context.number(), to: body.title, in: context.repository(kind), by: context.caller)
            return try Answer.json(NewTitleBody(newTitle: DiscussionEventBody(event)))
        }
        one.post(
            ":number/status", "Closes it, or opens it.", body: .json(DiscussionStatusBody.self),
            answer: .json(NewStatusBody.self)
        ) { request, context in
            let body = try await request.json(DiscussionStatusBody.self, limit: hub.limits.jsonBytes)
            let event = try await hub.discussions.setStatus(
                body.status == .open, of: context.number(), in: context.repository(kind), comment: body.comment,
                by: context.caller)
            return try Answer.json(NewStatusBody(newStatus: DiscussionEventBody(event)))
        }
        one.post(
            ":number/merge", "Merges a pull request, weights included.", body: .json(MergePullRequestBody.self),
            answer: .json(MergedPullRequestBody.self)
        ) { request, context in try await merge(kind, request, context) }
    }

    private func list(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .see)
        let filter = DiscussionFilter(
            kind: try request.word("type", default: .all), state: try request.word("status", default: .all),
            author: request.query("author"))
        let page = try await hub.discussions.list(
            filter, page: request.number("p", default: 0, in: 0...1_000_000), in: record)
        return try Answer.json(
            DiscussionListBody(
                count: page.count, start: page.start,
                discussions: page.discussions.map { DiscussionBody($0, of: record) }))
    }

    private func show(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .see)
        let discussion = try await hub.discussions.find(context.number(), in: record)
        let body = try await details(of: discussion, in: record, request, context)
        // The official clients want everything in one answer, which may be long.
        let events = hub.discussions.events(of: discussion).map { page in page.map { DiscussionEventBody($0) } }
        return try Answer.json(body, filling: "events", with: events)
    }

    /// All but what happened in it.
    private func details(
        of discussion: Discussion,
        in record: RepositoryRecord,
        _ request: Request,
        _ context: HubContext
    ) async throws -> DiscussionDetailsBody {
        var body = DiscussionDetailsBody(DiscussionBody(discussion, of: record), events: [])
        guard discussion.isPullRequest, let base = discussion.base else { return body }
        let ends = try await hub.pullRequestChanges.ends(of: discussion, in: record)
        body.changes = .init(
            base: base.name, mergeCommitId: discussion.merge?.commit.hex, baseCommit: ends?.base?.hex,
            headCommit: ends?.head.hex)
        body.filesWithConflicts = []
        guard let ends else { return body }
        if discussion.status != .merged {
            body.filesWithConflicts = try await hub.pullRequestChanges.conflicts(of: ends, base: base, in: record)
        }
        // A diff shows what is in the files, and what a check says may quote them.
        let mayRead = try await hub.access.mayRead(record.rowID, context.caller)
        var checks = try await hub.pullRequestChanges.checks(at: ends.head, in: record)
        if !mayRead { checks = checks.withoutDetails }
        body.checks = .init(checks)
        if mayRead, ["1", "true"].contains(request.query("diff")) {
            body.diff = try await hub.pullRequestChanges.diff(of: ends, in: record)
        }
        return body
    }

    private func create(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let id = try context.repository(kind)
        let body = try await request.json(CreateDiscussionBody.self, limit: hub.limits.jsonBytes)
        let made = try await create(body, in: id, context)
        let record = try await hub.access.repository(id, for: context.caller, as: .see)
        return try Answer.json(DiscussionBody(made, of: record))
    }

    private func create(
        _ body: CreateDiscussionBody,
        in id: RepositoryID,
        _ context: HubContext
    ) async throws -> Discussion {
        guard body.pullRequest == true else {
            return try await hub.discussions.create(
                body.title, description: body.description ?? body.title, in: id, by: context.caller)
        }
        var proposal = PullRequestService.Proposal(
            title: body.title, description: body.description ?? body.title, isDraft: body.source == nil)
        proposal.base = try body.base.map { try RefName(branch: $0) }
        guard let revision = body.source else {
            guard body.sourceRepository == nil else {
                throw HubError.invalid("name the revision of 'sourceRepository' to propose, as 'source'")
            }
            return try await hub.pullRequests.open(proposal, in: id, by: context.caller)
        }
        let source = try body.sourceRepository.map { try RepositoryID(id.kind, parsing: $0) }
        return try await hub.pullRequests.open(proposal, from: revision, of: source, in: id, by: context.caller)
    }

    private func merge(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let body = try await request.jsonIfAny(MergePullRequestBody.self, limit: hub.limits.jsonBytes)
        let wish = PullRequestService.MergeWish(
            comment: body?.comment, strategy: body?.strategy, force: body?.force ?? false)
        let result = try await hub.pullRequests.merge(
            context.number(), of: context.repository(kind), wish, by: context.caller)
        var answer = MergedPullRequestBody(
            status: .init(result.discussion.status), mergeCommitId: result.discussion.merge?.commit.hex,
            merge: MergeResultBody(result.outcome))
        guard result.outcome.kind == .conflicts else { return try Answer.json(answer) }
        answer.error = Self.sentence(on: result.outcome.conflicts)
        return try Answer.json(answer, status: .conflict)
    }

    private static func sentence(on conflicts: [MergeOutcome.Conflict]) -> String {
        let shown = conflicts.prefix(10).map { conflict in
            "\(conflict.path)\(conflict.tensor.map { " [\($0)]" } ?? ""): \(conflict.reason)"
        }
        let rest = conflicts.count > shown.count ? "; and \(conflicts.count - shown.count) more" : ""
        return "there are \(conflicts.count) conflicts: \(shown.joined(separator: "; "))\(rest)"
    }
}

extension HubContext {
    /// The number of the discussion the URL names.
    fileprivate func number() throws -> Int {
        let text = try parameter("number")
        guard let number = Int(text), number > 0 else {
            throw HubError.notFound("'\(text.prefix(40))' is not the number of a discussion")
        }
        return number
    }
}

extension Request {
    /// A query parameter that must be one of a few words, or absent.
    fileprivate func word<Word: RawRepresentable & CaseIterable>(_ name: String, default standard: Word) throws -> Word
    where Word.RawValue == String {
        guard let text = query(name) else { return standard }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw HubError.invalid("the query's \(name) is not one of \(words)")
        }
        return word
    }
}
