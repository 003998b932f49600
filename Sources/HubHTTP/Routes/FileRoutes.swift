import HTTPTypes
import HubCore
import HubServices
import Hummingbird
import NIOCore

/// The bytes of one file at one revision, whole or a range of them.
struct FileRoutes {
    let hub: Hub

    func add(to routes: RouteTable) {
        routes.forEachKindOnTheWeb { kind, one in
            let path = "resolve/:revision/**"
            one.countingDownloads.get(
                path, "Gives the bytes of a file, or one range of them.", answer: .bytes("application/octet-stream")
            ) { request, context in try await file(kind, request, context) }
            one.countingDownloads.keepingAnswers.head(path, "Describes a file in headers.") { request, context in
                try await file(kind, request, context)
            }
        }
    }

    private func file(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .read)
        let commit = try await hub.revisions.require(context.parameter("revision"), in: record)
        let file = try await hub.revisions.open(context.restOfPath(), at: commit, in: record)
        var response = try RangedAnswer(file.reader, etag: file.etag, range: request.headers[.range])
            .response(type: "application/octet-stream", withBody: request.method == .get)
        response.headers[.repoCommit] = commit.hex
        response.headers[.contentTypeOptions] = "nosniff"
        response.headers[.contentDisposition] = "attachment"
        if file.isLarge {
            response.headers[.linkedETag] = "\"\(file.etag)\""
            response.headers[.linkedSize] = "\(file.reader.count)"
        }
        if let hash = file.xetHash { response.headers[.xetHash] = hash.string }
        if request.headers[.ifNoneMatch] == "\"\(file.etag)\"" {
            return Response(status: .notModified, headers: response.headers)
        }
        return response
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
