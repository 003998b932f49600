import Foundation
import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird
import NIOCore

/// Changes sent over HTTP: how to send files, and the commits that name them.
struct CommitRoutes {
    let hub: Hub
    let publicURL: String?

    private static let createPR = QueryParameter.flag("create_pr", "Whether a pull request is to be opened for it.")

    func add(to routes: RouteTable) {
        routes.post(
            "validate-yaml", "Says what is wrong with the metadata of a README.md.",
            body: .json(ValidateYAMLBody.self), answer: .json(CardReviewBody.self), use: validateYAML)
        routes.forEachKind { kind, one in
            one.post(
                "preupload/:revision", "Tells how files are to be sent.", query: [Self.createPR],
                body: .json(PreuploadBody.self), answer: .json(PreuploadResultBody.self)
            ) { request, context in try await preupload(kind, request, context) }
            one.post(
                "commit/:revision", "Makes a commit on a branch.",
                query: [Self.createPR, .flag("hot_reload", "Taken, and of no effect.")],
                body: .lines(CommitLineBody.self), answer: .json(CommitResultBody.self)
            ) { request, context in try await commit(kind, request, context) }
        }
    }

    // MARK: Cards

    @Sendable private func validateYAML(request: Request, context: HubContext) async throws -> Response {
        let body = try await request.json(ValidateYAMLBody.self, limit: hub.limits.plainFileBytes)
        let review = CardReview(of: Array(body.content.utf8))
        let status: HTTPResponse.Status = review.errors.isEmpty ? .ok : .badRequest
        guard request.headers[.accept]?.lowercased().hasPrefix("text/plain") == true else {
            return try Answer.json(
                CardReviewBody(warnings: review.warnings, errors: review.errors), status: status)
        }
        let lines = review.errors.map { "- Error: \($0)\n" } + review.warnings.map { "- Warning: \($0)\n" }
        return Answer.bytes(Array(lines.joined().utf8), type: "text/plain; charset=utf-8", status: status)
    }

    // MARK: Before sending

    private func preupload(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let (record, ref) = try await target(kind, request, context)
        let body = try await request.json(PreuploadBody.self, limit: hub.limits.jsonBytes)
        let files = try body.files.map { file in
            guard file.size >= 0 else { throw HubError.invalid("the size of '\(file.path.prefix(200))' is negative") }
            guard let sample = Data(base64Encoded: file.sample ?? "") else {
                throw HubError.invalid("the sample of '\(file.path.prefix(200))' is not base64")
            }
            return UploadPlanService.File(path: file.path, size: file.size, sample: Array(sample))
        }
        let commit = try await hub.revisions.resolve(ref.name, orEmpty: record)
        let advice = try await hub.uploadPlans.advise(on: files, at: commit, ignore: body.gitIgnore, in: record)
        return try Answer.json(
            PreuploadResultBody(
                files: advice.map {
                    .init(
                        path: $0.path, uploadMode: $0.isLarge ? .lfs : .regular, shouldIgnore: $0.isIgnored,
                        oid: $0.present)
                }, commitOid: commit?.hex))
    }

    /// The repository and the ref a change is meant for; proposing one needs less than making it.
    private func target(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> (RepositoryRecord, RefName) {
        let revision = try context.parameter("revision")
        let isProposal = request.flag("create_pr") || revision.hasPrefix("refs/pr/")
        let record = try await hub.access.repository(
            context.repository(kind), for: context.caller, as: isProposal ? .read : .contribute)
        guard context.caller.user != nil else {
            throw HubError.unauthorized("log in to propose a change to \(record.id)")
        }
        return (record, try await hub.commits.target(revision, in: record))
    }

    // MARK: Commits

    private func commit(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let (record, ref) = try await target(kind, request, context)
        var draft = try hub.commits.draft()
        try await request.body.forEachLine(
            lineLimit: hub.limits.commitLineBytes, bodyLimit: hub.limits.commitBytes
        ) { line in try await take(line, into: &draft) }
        let place = "\(request.baseURL(publicURL))/\(record.id.kind.webPrefix)\(record.id)"
        guard !request.flag("create_pr") else {
            let (commit, opened) = try await hub.commits.propose(draft, to: ref, of: record, by: context.caller)
            var body = CommitResultBody(commitUrl: "\(place)/commit/\(commit.hex)", commitOid: commit.hex)
            body.pullRequestUrl = "\(place)/discussions/\(opened.number)"
            body.pullRequestNum = opened.number
            return try Answer.json(body)
        }
        let outcome = try await hub.commits.publish(draft, to: ref, of: record, by: context.caller)
        return try Answer.json(
            CommitResultBody(commitUrl: "\(place)/commit/\(outcome.commit.hex)", commitOid: outcome.commit.hex))
    }

    private func take(_ line: ByteBuffer, into draft: inout CommitDraft) async throws {
        let body: CommitLineBody
        do {
            body = try JSONDecoder().decode(CommitLineBody.self, from: Data(line.readableBytesView))
        } catch let error as DecodingError {
            throw HubError.invalid("a line of the commit does not fit: \(error.sentence)")
        }
        let value = body.value
        guard body.key != .header else {
            draft.summary = value.summary ?? ""
            draft.description = value.description ?? ""
            draft.parent = value.parentCommit
            return
        }
        guard let path = value.path else { throw HubError.invalid("a line '\(body.key.rawValue)' has no 'path'") }
        switch body.key {
        case .header: break
        case .file: try await draft.put(try Self.bytes(of: value, path), at: path)
        case .lfsFile: try draft.putLarge(try Self.digest(of: value, path), size: value.size, at: path)
        case .deletedFile, .deletedFolder: try draft.delete(path)
        }
    }

    private static func bytes(of value: CommitLineBody.Value, _ path: String) throws(HubError) -> [UInt8] {
        guard let content = value.content else { throw .invalid("the file '\(path.prefix(200))' has no 'content'") }
        switch value.encoding {
        case "utf-8", "utf8": return Array(content.utf8)
        case "base64", nil:
            guard let bytes = Data(base64Encoded: content) else {
                throw .invalid("the content of '\(path.prefix(200))' is not base64")
            }
            return Array(bytes)
        default: throw .invalid("the encoding of '\(path.prefix(200))' is neither base64 nor utf-8")
        }
    }

    private static func digest(of value: CommitLineBody.Value, _ path: String) throws(HubError) -> ContentDigest {
        guard value.algo == nil || value.algo == "sha256", let oid = value.oid else {
            throw .invalid("the large file '\(path.prefix(200))' must be named by its sha256 in 'oid'")
        }
        return try ContentDigest(parsing: oid)
    }
}
