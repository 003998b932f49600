import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird
import NIOCore

/// The bytes of one file at one revision, whole or a range of them.
struct FileRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        routes.forEachKindOnTheWeb { kind, one in
            let path = "resolve/:revision/**"
            one.countingDownloads.get(
                path, "Gives the bytes of a file, or one range of them.", answer: .bytes("application/octet-stream")
            ) { request, context in try await file(kind, request, context) }
            one.countingDownloads.keepingAnswers.head(path, "Describes a file in headers.") { request, context in
                try await file(kind, request, context)
            }
            let raw = "raw/:revision/**"
            one.get(
                raw, "Gives the bytes git keeps of a file: of a large one its pointer.", answer: .bytes("text/plain")
            ) { request, context in try await rawFile(kind, request, context) }
            one.head(raw, "Describes what git keeps of a file in headers.") { request, context in
                try await rawFile(kind, request, context)
            }
        }
    }

    private func file(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        try await answer(kind, request, context, type: "application/octet-stream") { path, commit, record in
            try await hub.revisions.open(path, at: commit, in: record)
        }
    }

    private func rawFile(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        try await answer(kind, request, context, type: "text/plain; charset=utf-8") { path, commit, record in
            try await hub.revisions.openRaw(path, at: commit, in: record)
        }
    }

    private func answer(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext,
        type: String,
        _ open: (String, CommitID, RepositoryRecord) async throws -> RevisionService.OpenFile
    ) async throws -> Response {
        let path = try context.restOfPath()
        let record = try await hub.access.repository(
            context.repository(kind), for: context.caller, as: Access.role(toRead: path))
        let commit = try await hub.revisions.require(context.parameter("revision"), in: record)
        let file: RevisionService.OpenFile
        do {
            file = try await open(path, commit, record)
        } catch HubError.entryNotFound(let message) {
            return try Self.absent(message, commit)
        }
        var response = try RangedAnswer(file.reader, etag: file.etag, range: request.headers[.range])
            .response(type: type, withBody: request.method == .get)
        response.headers[.repoCommit] = commit.hex
        response.headers[.contentTypeOptions] = "nosniff"
        response.headers[.contentDisposition] = Self.disposition(of: path)
        if file.isLarge {
            response.headers[.linkedETag] = "\"\(file.etag)\""
            response.headers[.linkedSize] = "\(file.reader.count)"
        }
        if let hash = file.xetHash {
            let route =
                "\(request.baseURL(publicURL))/api/\(kind.plural)/\(record.id)/xet-read-token/\(commit.hex)"
            response.headers[.xetHash] = hash.string
            response.headers[.xetRefreshRoute] = route
            response.headers[.link] = "<\(route)>; rel=\"xet-auth\""
        }
        guard !Self.isKnown(file.etag, by: request.headers[.ifNoneMatch]) else {
            response.headers[.contentLength] = nil
            response.headers[.contentRange] = nil
            return Response(status: .notModified, headers: response.headers)
        }
        return response
    }

    /// A file that is not there, with the commit it is not in: clients remember that.
    private static func absent(_ message: String, _ commit: CommitID) throws -> Response {
        var response = try Answer.json(ErrorBody(error: message), status: .notFound)
        response.headers[.errorCode] = "EntryNotFound"
        response.headers[.errorMessage] = message.headerText
        response.headers[.repoCommit] = commit.hex
        return response
    }

    /// Whether one of the tags a client has is this one (RFC 9110, section 13.1.2).
    private static func isKnown(_ etag: String, by header: String?) -> Bool {
        guard let header else { return false }
        return header.split(separator: ",").contains { candidate in
            let tag = candidate.drop { $0 == " " || $0 == "\t" }.trimmingPrefix("W/").prefix { $0 != " " }
            return tag == "*" || tag == "\"\(etag)\""
        }
    }

    /// The file's name (RFC 6266): in plain ASCII, and as it is.
    private static func disposition(of path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? "file"
        let plain = String(
            String.UnicodeScalarView(
                name.unicodeScalars.map { scalar in
                    (0x20...0x7E).contains(scalar.value) && scalar != "\"" && scalar != "\\" ? scalar : "_"
                }))
        return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(name.percentEncoded)"
    }
}

/// Streams a `ByteReader`, or the one range a client asks for (RFC 9110, section 14).
struct RangedAnswer {
    private let reader: any ByteReader
    private let etag: String?
    private let range: Range<Int>
    private let isPartial: Bool

    /// - Parameter range: The `Range` header; several ranges at once are answered with the whole.
    init(_ reader: any ByteReader, etag: String?, range header: String?) throws {
        self.reader = reader
        self.etag = etag
        let asked = try header.flatMap { try ByteRange.parse($0, count: reader.count) }
        range = asked ?? 0..<reader.count
        isPartial = asked != nil
    }

    func response(type: String, withBody: Bool) -> Response {
        var headers: HTTPFields = [.contentType: type, .acceptRanges: "bytes", .contentLength: "\(range.count)"]
        if let etag { headers[.eTag] = "\"\(etag)\"" }
        if isPartial { headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(reader.count)" }
        return Response(status: isPartial ? .partialContent : .ok, headers: headers, body: withBody ? body : .init())
    }

    private var body: ResponseBody {
        let reader = reader
        let range = range
        return ResponseBody(contentLength: range.count) { writer in
            var offset = range.lowerBound
            while offset < range.upperBound {
                let end = min(offset + (1 << 20), range.upperBound)
                try await writer.write(ByteBuffer(bytes: reader.read(offset..<end)))
                offset = end
            }
            try await writer.finish(nil)
        }
    }
}

/// One byte range of a `Range` header.
enum ByteRange {
    /// The range asked for; nil when the header is of another kind and is to be ignored.
    static func parse(_ header: String, count: Int) throws(HubError) -> Range<Int>? {
        guard header.hasPrefix("bytes="), !header.contains(",") else { return nil }
        let parts = header.dropFirst("bytes=".count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        if parts[0].isEmpty {
            guard let suffix = Int(parts[1]) else { return nil }
            guard suffix > 0, count > 0 else { throw .rangeNotSatisfiable(size: count) }
            return max(0, count - suffix)..<count
        }
        guard let first = Int(parts[0]), first >= 0 else { return nil }
        guard first < count else { throw .rangeNotSatisfiable(size: count) }
        if parts[1].isEmpty { return first..<count }
        guard let last = Int(parts[1]), last >= first else { return nil }
        return first..<min(last, count - 1) + 1
    }
}
