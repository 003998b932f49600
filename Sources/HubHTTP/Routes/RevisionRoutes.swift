import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// What is in a repository: refs, history, files; and the branches and tags that are moved without a push.
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
        one.get("refs", "Lists branches and tags.", answer: .json(RefsBody.self)) { request, context in
            try await refs(kind, request, context)
        }
        one.get(
            "commits/:revision", "Lists the history of a revision, newest first.",
            query: [.number("limit", 1...1000, "Commits a page."), .number("p", 0...1_000_000, "The page.")],
            answer: .json([CommitBody].self)
        ) { request, context in try await commits(kind, request, context) }
        let recursive = QueryParameter.flag("recursive", "Whether to go into the folders.")
        one.get(
            "tree/:revision", "Lists the files and folders of a revision.", query: [recursive],
            answer: .json([TreeEntryBody].self)
        ) { request, context in try await tree(kind, "", request, context) }
        one.get(
            "tree/:revision/**", "Lists the files and folders below a folder.", query: [recursive],
            answer: .json([TreeEntryBody].self)
        ) { request, context in try await tree(kind, context.restOfPath(), request, context) }
    }

    private func addWriting(_ kind: RepositoryID.Kind, to one: RouteTable) {
        one.post("branch/:branch", "Makes a branch.", body: .json(CreateBranchBody.self)) { request, context in
            try await createBranch(kind, request, context)
        }
        one.delete("branch/:branch", "Deletes a branch.") { request, context in
            try await deleteBranch(kind, request, context)
        }
        one.post("tag/:revision", "Tags a revision.", body: .json(CreateTagBody.self)) { request, context in
            try await createTag(kind, request, context)
        }
        one.delete("tag/:revision", "Deletes the tag.") { request, context in
            try await deleteTag(kind, request, context)
        }
    }

    private func refs(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .read)
        let refs = try await hub.revisions.refs(of: record).map { ref, commit in
            (ref, RefsBody.Ref(name: ref.short, ref: ref.name, targetCommit: commit.hex))
        }
        return try Answer.json(
            RefsBody(
                branches: refs.filter { $0.0.isBranch }.map(\.1), tags: refs.filter { $0.0.isTag }.map(\.1)))
    }

    private func commits(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .read)
        let limit = try request.number("limit", default: 50, in: 1...1000)
        let page = try request.number("p", default: 0, in: 0...1_000_000)
        let start = try await hub.revisions.require(context.parameter("revision"), in: record)
        let commits = try await hub.revisions.log(from: start, skip: page * limit, limit: limit, in: record)
        var response = try Answer.json(commits.map(CommitBody.init))
        if commits.count == limit {
            let path = request.uri.path
            response.headers[.link] =
                "<\(request.baseURL(publicURL))\(path)?limit=\(limit)&p=\(page + 1)>; rel=\"next\""
        }
        return response
    }

    private func tree(
        _ kind: RepositoryID.Kind,
        _ path: String,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .read)
        let commit = try await hub.revisions.require(context.parameter("revision"), in: record)
        let entries = try await hub.revisions.tree(
            at: commit, below: path, recursive: request.query("recursive") == "true", in: record)
        return try Answer.json(entries.map(TreeEntryBody.init))
    }

    private func createBranch(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .contribute)
        let body = try await request.json(CreateBranchBody.self, limit: hub.limits.jsonBytes)
        let ref = try RefName(branch: context.parameter("branch"))
        guard let start = try await hub.revisions.resolve(body.startingPoint, in: record) else {
            throw HubError.revisionNotFound("\(record.id) has no commits yet, so a branch has nothing to start from")
        }
        try await hub.pushes.publish(
            Push(to: record, by: context.caller, updates: [.init(ref, from: nil, to: start)], via: "api"))
        return Answer.empty()
    }

    private func deleteBranch(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        try await deleteRef(try RefName(branch: context.parameter("branch")), kind, context)
    }

    private func createTag(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .write)
        let body = try await request.json(CreateTagBody.self, limit: hub.limits.jsonBytes)
        let ref = try RefName(tag: body.tag)
        let target = try await hub.revisions.require(context.parameter("revision"), in: record)
        try await hub.pushes.publish(
            Push(to: record, by: context.caller, updates: [.init(ref, from: nil, to: target)], via: "api"))
        return Answer.empty()
    }

    private func deleteTag(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        try await deleteRef(try RefName(tag: context.parameter("revision")), kind, context)
    }

    private func deleteRef(
        _ ref: RefName,
        _ kind: RepositoryID.Kind,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .write)
        guard let current = try await hub.revisions.refs(of: record).first(where: { $0.0 == ref })?.1 else {
            throw HubError.revisionNotFound("\(record.id) has no \(ref)")
        }
        try await hub.pushes.publish(
            Push(to: record, by: context.caller, updates: [.init(ref, from: current, to: nil)], via: "api"))
        return Answer.empty()
    }
}

extension CommitBody {
    fileprivate init(_ commit: RevisionLogEntry) {
        self.init(
            id: commit.id.hex,
            title: commit.title,
            message: commit.body,
            date: timestamp(commit.time),
            authors: [.init(user: commit.author)],
            parents: commit.parents.map(\.hex)
        )
    }
}

extension TreeEntryBody {
    fileprivate init(_ entry: RevisionEntry) {
        self.init(
            type: entry.isFolder ? "directory" : "file",
            path: entry.path,
            size: entry.size,
            oid: entry.id.hex,
            lfs: entry.pointer.map {
                .init(oid: $0.digest.hex, size: $0.size, pointerSize: $0.text.utf8.count)
            },
            xetHash: entry.xetHash?.string
        )
    }
}
