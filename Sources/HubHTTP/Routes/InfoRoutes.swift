import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// What there is to know about one repository.
struct InfoRoutes {
    let hub: Hub

    func add(to routes: RouteTable) {
        routes.forEachKind { kind, one in
            let query = Self.query(of: kind)
            let info = one.keepingAnswers.countingDownloads
            info.get(
                "", "Shows the repository at its default branch.", query: query, answer: .json(RepositoryBody.self)
            ) { request, context in try await show(kind, nil, request, context) }
            info.get(
                "revision/:revision", "Shows the repository at a revision.", query: query,
                answer: .json(RepositoryBody.self)
            ) { request, context in try await show(kind, context.parameter("revision"), request, context) }
        }
        routes.group("models/:owner/:name").get(
            "safetensors-metadata/**", "Gives the headers of all shards an index names, at the default branch.",
            answer: .json(SafetensorsMetadataBody.self), use: safetensorsMetadata)
    }

    private static func query(of kind: RepositoryID.Kind) -> [QueryParameter] {
        [
            .list("expand", "Tells only these properties: \(names(of: kind))."),
            .flag("blobs", "Whether to tell sizes and ids of the files."),
            .flag("securityStatus", "Whether to tell what the security scan came to."),
        ]
    }

    static func names(of kind: RepositoryID.Kind) -> String {
        RepositoryProperty.all(of: kind).map(\.rawValue).joined(separator: ", ")
    }

    private func show(
        _ kind: RepositoryID.Kind,
        _ revision: String?,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let query = try QueryItems(of: request)
        let expanded = try query.properties(of: kind)
        let wish = ListingService.Wish(
            expanded ?? RepositoryProperty.shown(of: kind), blobs: try query.flag("blobs") ?? false)
        let wantsSecurity = try query.flag("securityStatus") ?? false
        let description = try await hub.listings.show(
            context.repository(kind), at: revision, wish, for: context.caller)
        var body = RepositoryBody(description, isExpanded: expanded != nil)
        if wantsSecurity {
            body.securityRepoStatus = SecurityStatusBody(try await hub.listings.security(of: description))
        }
        return try Answer.json(body)
    }

    @Sendable private func safetensorsMetadata(request: Request, context: HubContext) async throws -> Response {
        let record = try await hub.access.repository(context.repository(.model), for: context.caller, as: .read)
        let (headers, metadata) = try await hub.revisions.shardHeaders(context.restOfPath(), in: record)
        // Headers are many megabytes of JSON already; they are put in as they are.
        var text = Array("{\"headers\":{".utf8)
        for (place, (shard, json)) in headers.enumerated() {
            text += place > 0 ? [UInt8(ascii: ",")] : []
            text += JSONValue.string(ByteString(shard)).compactText + [UInt8(ascii: ":")] + json
        }
        let index = metadata.map { metadata in JSONObject(["metadata": metadata]) } ?? JSONObject()
        text += Array("},\"index\":".utf8) + JSONValue.object(index).compactText + [UInt8(ascii: "}")]
        return Answer.bytes(text, type: "application/json; charset=utf-8")
    }
}

extension QueryItems {
    /// The properties the client names, if it names any.
    func properties(of kind: RepositoryID.Kind) throws(HubError) -> Set<RepositoryProperty>? {
        let names = try all("expand").flatMap { $0.split(separator: ",").map(String.init) }
        guard !names.isEmpty else { return nil }
        let known = RepositoryProperty.all(of: kind)
        var properties: Set<RepositoryProperty> = []
        for name in names { properties.insert(try QueryItems.word(name, of: "expand", among: known)) }
        return properties
    }
}

extension SecurityStatusBody {
    init(_ status: SecurityStatus) {
        self.init(
            scansDone: status.isDone, filesWithIssues: status.issues.map { Issue(path: $0.path, level: $0.level) })
    }
}
