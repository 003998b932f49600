import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// What files and folders a revision has.
struct TreeRoutes {
    let hub: Hub
    let publicURL: String?

    /// Entries a page, and with `expand`.
    private static let pageSize = 1000
    private static let expandedPageSize = 100

    /// How many paths may be asked for at once.
    private static let pathLimit = 1000

    private static let query: [QueryParameter] = [
        .flag("recursive", "Whether to go into the folders."),
        .flag("expand", "Whether to tell the last commit and the safety of each."),
        .number("limit", 1...1000, "Entries a page."),
        .number("cursor", 0...1_000_000, "Where the page begins."),
    ]

    func add(to routes: RouteTable) {
        routes.forEachKind { kind, one in
            one.get(
                "tree/:revision", "Lists the files and folders of a revision.", query: Self.query,
                answer: .json([TreeEntryBody].self)
            ) { request, context in try await tree(kind, "", request, context) }
            one.get(
                "tree/:revision/**", "Lists the files and folders below a folder.", query: Self.query,
                answer: .json([TreeEntryBody].self)
            ) { request, context in try await tree(kind, context.restOfPath(), request, context) }
            one.post(
                "paths-info/:revision", "Tells what stands at some paths.", body: .form(PathsInfoBody.self),
                answer: .json([TreeEntryBody].self)
            ) { request, context in try await pathsInfo(kind, request, context) }
        }
    }

    private func tree(
        _ kind: RepositoryID.Kind,
        _ path: String,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .see)
        let commit = try await hub.revisions.require(context.parameter("revision"), in: record)
        let expands = request.flag("expand")
        let largest = expands ? Self.expandedPageSize : Self.pageSize
        let limit = try request.number("limit", default: largest, in: 1...largest)
        let skip = try request.number("cursor", default: 0, in: 0...1_000_000)
        let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
        let page = try await hub.revisions.page(
            at: commit, below: folder, recursive: request.flag("recursive"), skip: skip, limit: limit, in: record)
        var response = try Answer.json(await bodies(of: page.entries, at: commit, expands, in: record, context))
        if page.hasMore {
            // By commit, so that a push meanwhile does not shift the pages.
            var next = "/api/\(kind.plural)/\(record.id)/tree/\(commit.hex)"
            if !folder.isEmpty { next += "/" + folder.percentEncoded }
            next += "?recursive=\(request.flag("recursive"))&expand=\(expands)&limit=\(limit)&cursor=\(skip + limit)"
            response.headers[.link] = "<\(request.baseURL(publicURL))\(next)>; rel=\"next\""
        }
        return response
    }

    private func pathsInfo(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .see)
        let commit = try await hub.revisions.require(context.parameter("revision"), in: record)
        let question = try await question(in: request)
        guard question.paths.count <= Self.pathLimit else {
            throw HubError.invalid("\(question.paths.count) paths were asked for; at most \(Self.pathLimit) at once")
        }
        let paths = question.paths.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        let entries = try await hub.revisions.entries(at: commit, paths: paths, in: record)
        return try Answer.json(
            await bodies(of: entries, at: commit, question.expand == true, in: record, context))
    }

    private func question(in request: Request) async throws -> PathsInfoBody {
        let type = request.headers[.contentType]?.lowercased() ?? ""
        guard !type.hasPrefix("application/json") else {
            return try await request.json(PathsInfoBody.self, limit: hub.limits.jsonBytes)
        }
        let limit = hub.limits.jsonBytes
        let text = try await request.body.collect(upTo: limit, or: "the request body is over \(limit) bytes")
        let form = try QueryItems(parsing: String(buffer: text)[...])
        return PathsInfoBody(paths: try form.all("paths", limit: Self.pathLimit), expand: try form.flag("expand"))
    }

    private func bodies(
        of entries: [RevisionEntry],
        at commit: CommitID,
        _ expands: Bool,
        in record: RepositoryRecord,
        _ context: HubContext
    ) async throws -> [TreeEntryBody] {
        var bodies = entries.map(TreeEntryBody.init)
        guard expands else { return bodies }
        let changes = try await hub.revisions.lastChanges(of: entries.map(\.path), at: commit, in: record)
        // What was found may quote the files.
        let mayRead = try await hub.access.mayRead(record.rowID, context.caller)
        let security = try await hub.validation.security(of: commit, in: record)
        for place in bodies.indices {
            if let change = changes[bodies[place].path] {
                bodies[place].lastCommit = .init(
                    id: change.id.hex, title: change.title, date: timestamp(change.time))
            }
            if bodies[place].type == .file {
                bodies[place].securityFileStatus = security.map {
                    FileSecurityBody($0, of: bodies[place].path, withSentences: mayRead)
                }
            }
        }
        return bodies
    }
}

extension TreeEntryBody {
    fileprivate init(_ entry: RevisionEntry) {
        self.init(
            type: entry.isFolder ? .directory : .file,
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

extension FileSecurityBody {
    fileprivate init(_ security: RevisionSecurity, of path: String, withSentences: Bool) {
        let findings = security.findings.filter { $0.path == path && $0.severity > .note }
        let isBad = findings.contains { $0.severity == .error }
        let status: Status = !security.isDone ? .queued : isBad ? .unsafe : findings.isEmpty ? .safe : .suspicious
        self.init(
            status: status,
            pickleImportScan: findings.isEmpty
                ? nil
                : .init(
                    highestSafetyLevel: isBad ? "dangerous" : "suspicious",
                    messages: withSentences ? findings.map(\.message) : []))
    }
}
