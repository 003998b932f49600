import HTTPTypes
import HubCore
import Hummingbird
import NIOCore

/// One range of something, or several in one answer (RFC 9110, sections 14.6 and 15.3.7.2).
struct ByteRangesAnswer {
    typealias Write = ([UInt8]) async throws -> Void

    /// The length of the whole.
    let count: Int
    let ranges: [Range<Int>]

    /// Hands over the bytes of a range in order.
    let stream: @Sendable (_ range: Range<Int>, _ write: Write) async throws -> Void

    func response(type: String) -> Response {
        ranges.count == 1 ? single(ranges[0], type: type) : multipart(type: type)
    }

    private func single(_ range: Range<Int>, type: String) -> Response {
        let body = ResponseBody(contentLength: range.count) { writer in
            try await stream(range) { try await writer.write(ByteBuffer(bytes: $0)) }
            try await writer.finish(nil)
        }
        return Response(
            status: .partialContent,
            headers: [
                .contentType: type, .acceptRanges: "bytes", .contentLength: "\(range.count)",
                .contentRange: contentRange(range),
            ], body: body)
    }

    private func multipart(type: String) -> Response {
        // Bytes of a model may hold any fixed text; a random one of this length they do not.
        let boundary = "range-\(UInt64.random(in: .min ... .max))-\(UInt64.random(in: .min ... .max))"
        let heads = ranges.map { range in
            "\r\n--\(boundary)\r\nContent-Type: \(type)\r\nContent-Range: \(contentRange(range))\r\n\r\n"
        }
        let tail = "\r\n--\(boundary)--\r\n"
        let length =
            zip(heads, ranges).reduce(0) { $0 + $1.0.utf8.count + $1.1.count } + tail.utf8.count
        let body = ResponseBody(contentLength: length) { writer in
            for (head, range) in zip(heads, ranges) {
                try await writer.write(ByteBuffer(string: head))
                try await stream(range) { try await writer.write(ByteBuffer(bytes: $0)) }
            }
            try await writer.write(ByteBuffer(string: tail))
            try await writer.finish(nil)
        }
        return Response(
            status: .partialContent,
            headers: [
                .contentType: "multipart/byteranges; boundary=\(boundary)", .acceptRanges: "bytes",
                .contentLength: "\(length)",
            ], body: body)
    }

    private func contentRange(_ range: Range<Int>) -> String {
        "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(count)"
    }
}

extension ByteRange {
    /// So many ranges can be asked for at once.
    static let limit = 256

    /// The ranges of a header that asks for one or several; empty when the header is of another kind.
    ///
    /// Ranges that begin after the end are left out; ``HubError/rangeNotSatisfiable(size:)`` if all do.
    static func parseAll(_ header: String, count: Int) throws(HubError) -> [Range<Int>] {
        guard header.hasPrefix("bytes=") else { return [] }
        let parts = header.dropFirst("bytes=".count).split(separator: ",", maxSplits: limit)
        guard parts.count <= limit else { throw .invalid("at most \(limit) ranges can be asked for at once") }
        var ranges: [Range<Int>] = []
        for part in parts {
            do {
                let text = part.drop { $0 == " " || $0 == "\t" }
                guard let range = try parse("bytes=\(text)", count: count) else { return [] }
                ranges.append(range)
            } catch HubError.rangeNotSatisfiable {
                continue
            }
        }
        guard !ranges.isEmpty else { throw .rangeNotSatisfiable(size: count) }
        return ranges
    }
}
