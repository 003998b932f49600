import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// The refs and the history of a repository, and the branches and tags that are moved without a push.
struct RevisionRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        routes.forEachKind { kind, one in
            addReading(kind, to: one)
            addWriting(kind, to: one)
        }
    }

    private func addReading(_ kind: RepositoryID.Kind, to one: RouteTable) {
        one.get(
            "refs", "Lists branches and tags.",
            query: [.flag("include_prs", "Whether to list those of pull requests as well.")],
            answer: .json(RefsBody.self)
        ) { request, context in try await refs(kind, request, context) }
        one.get(
            "commits/:revision", "Lists the history of a revision, newest first.",
            query: [
                .number("limit", 1...1000, "Commits a page."), .number("p", 0...1_000_000, "The page."),
                .list("expand[]", "`formatted`: title and message as HTML too."),
            ],
            answer: .json([CommitBody].self)
        ) { request, context in try await commits(kind, request, context) }
    }

    private func addWriting(_ kind: RepositoryID.Kind, to one: RouteTable) {
        one.post("branch/:branch", "Makes a branch.", body: .json(CreateBranchBody.self)) { request, context in
            try await createBranch(kind, request, context)
        }
        one.delete("branch/:branch", "Deletes a branch.") { _, context in
            try await deleteRef(try RefName(branch: context.parameter("branch")), kind, context)
        }
        one.post("tag/:revision", "Tags a revision.", body: .json(CreateTagBody.self)) { request, context in
            try await createTag(kind, request, context)
        }
        one.delete("tag/:revision", "Deletes the tag.") { _, context in
            try await deleteRef(try RefName(tag: context.parameter("revision")), kind, context)
        }
        one.post(
            "super-squash/:revision", "Replaces the history of a branch with one commit.",
            body: .json(SquashBody.self), answer: .json(SquashResultBody.self)
        ) { request, context in try await squash(kind, request, context) }
    }

    private func refs(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .see)
        let refs = try await hub.revisions.refs(of: record)
        func body(_ ref: RefName, _ commit: CommitID, below prefix: String) -> RefsBody.Ref {
            RefsBody.Ref(name: String(ref.name.dropFirst(prefix.count)), ref: ref.name, targetCommit: commit.hex)
        }
        func list(_ prefix: String, below shown: String? = nil) -> [RefsBody.Ref] {
            refs.filter { $0.0.name.hasPrefix(prefix) }.map { body($0, $1, below: shown ?? prefix) }
        }
        let known = ["refs/heads/", "refs/tags/", "refs/convert/", "refs/pr/"]
        let others = refs.filter { ref, _ in !known.contains { ref.name.hasPrefix($0) } }
        return try Answer.json(
            RefsBody(
                branches: list("refs/heads/"), tags: list("refs/tags/"), converts: list("refs/convert/"),
                pullRequests: request.flag("include_prs") ? list("refs/pr/", below: "refs/") : nil,
                others: others.map { body($0, $1, below: "refs/") }))
    }

    private func commits(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .see)
        let limit = try request.number("limit", default: 50, in: 1...1000)
        let page = try request.number("p", default: 0, in: 0...1_000_000)
        let isFormatted = try QueryItems(of: request).all("expand").contains("formatted")
        let start = try await hub.revisions.require(context.parameter("revision"), in: record)
        var commits = try await hub.revisions.log(from: start, skip: page * limit, limit: limit + 1, in: record)
        let hasMore = commits.count > limit
        if hasMore { commits.removeLast() }
        var response = try Answer.json(commits.map { CommitBody($0, formatted: isFormatted) })
        if hasMore {
            let more = isFormatted ? "&expand%5B%5D=formatted" : ""
            let query = "limit=\(limit)&p=\(page + 1)\(more)"
            response.headers[.link] = "<\(request.baseURL(publicURL))\(request.uri.path)?\(query)>; rel=\"next\""
        }
        return response
    }

    private func createBranch(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .contribute)
        let body = try await request.json(CreateBranchBody.self, limit: hub.limits.jsonBytes)
        try await hub.refs.createBranch(
            context.parameter("branch"), at: body.startingPoint, in: record, by: context.caller)
        return Answer.empty()
    }

    private func createTag(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .write)
        let body = try await request.json(CreateTagBody.self, limit: hub.limits.jsonBytes)
        try await hub.refs.createTag(
            body.tag, of: context.parameter("revision"), message: body.message, in: record, by: context.caller)
        return Answer.empty()
    }

    private func deleteRef(
        _ ref: RefName,
        _ kind: RepositoryID.Kind,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .write)
        try await hub.refs.delete(ref, in: record, by: context.caller)
        return Answer.empty()
    }

    private func squash(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let revision = try context.parameter("revision")
        let record = try await hub.access.repository(
            context.repository(kind), for: context.caller, as: revision.hasPrefix("refs/pr/") ? .read : .contribute)
        let body = try await request.json(SquashBody.self, limit: hub.limits.jsonBytes)
        let ref = try await hub.commits.target(revision, in: record)
        let commit = try await hub.refs.squash(
            ref, message: body.message ?? "Super-squash branch '\(ref.short)'", in: record, by: context.caller)
        return try Answer.json(SquashResultBody(commitOid: commit.hex))
    }
}

extension CommitBody {
    fileprivate init(_ commit: RevisionLogEntry, formatted: Bool) {
        self.init(
            id: commit.id.hex,
            title: commit.title,
            message: commit.body,
            date: timestamp(commit.time),
            authors: [.init(user: commit.author)],
            parents: commit.parents.map(\.hex),
            formatted: formatted ? .init(title: commit.title.htmlText, message: commit.body.htmlText) : nil
        )
    }
}

extension String {
    /// The text for an HTML page.
    fileprivate var htmlText: String {
        HTMLText.escape(self).replacing("\n", with: "<br>")
    }
}
