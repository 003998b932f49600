import Foundation
import HTTPTypes
import HubCore
import HubServices
import Hummingbird
import NIOCore

extension HubContext {
    /// A path parameter, percent-decoded once: `%2F` inside a segment is data.
    func parameter(_ name: String) throws -> String {
        guard let raw = parameters.get(name), let text = raw.removingPercentEncoding, !text.contains("\0") else {
            throw HubError.invalid("the URL's \(name) is not valid percent-encoded UTF-8")
        }
        return text
    }

    /// The repository of a route that has `:owner` and `:name`; a final `.git` is git's way of naming it.
    func repository(_ kind: RepositoryID.Kind) throws -> RepositoryID {
        var name = try parameter("name")
        if name.hasSuffix(".git") { name.removeLast(4) }
        let owner = try parameter("owner")
        do throws(HubError) {
            return try RepositoryID(kind, owner: owner, name: name)
        } catch {
            throw HubError.repositoryNotFound(error.description)
        }
    }

    /// What the rest of the path after the fixed parts says, decoded once.
    func restOfPath() throws -> String {
        let parts = parameters.getCatchAll().map(String.init)
        guard let text = parts.joined(separator: "/").removingPercentEncoding, !text.contains("\0") else {
            throw HubError.invalid("the URL's path is not valid percent-encoded UTF-8")
        }
        return text
    }
}

extension Request {
    /// Decodes a JSON body of limited size.
    func json<Body: Decodable>(_: Body.Type, limit: Int) async throws -> Body {
        let buffer = try await body.collect(upTo: limit, or: "the request body is over \(limit) bytes")
        guard !buffer.readableBytesView.holdsEscapedZero else {
            throw HubError.invalid("the JSON body has a zero character (\\u0000) in a text; leave it out")
        }
        do {
            return try JSONDecoder().decode(Body.self, from: Data(buffer.readableBytesView))
        } catch let error as DecodingError {
            throw HubError.invalid("the JSON body does not fit: \(error.sentence)")
        }
    }

    /// A JSON body that may be missing altogether.
    func jsonIfAny<Body: Decodable>(_ type: Body.Type, limit: Int) async throws -> Body? {
        guard let length = headers[.contentLength].flatMap({ Int($0) }) else {
            return headers[.transferEncoding] == nil ? nil : try await json(type, limit: limit)
        }
        return length == 0 ? nil : try await json(type, limit: limit)
    }

    /// The first value of a query parameter.
    func query(_ name: String) -> String? { uri.queryParameters[name[...]].map(String.init) }

    /// Whether a query parameter is there and says yes.
    func flag(_ name: String) -> Bool { ["1", "true"].contains(query(name) ?? "") }

    /// A query parameter that must be a number in `range`, or absent.
    func number(_ name: String, default standard: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let text = query(name) else { return standard }
        guard let number = Int(text) else { throw HubError.invalid("the query's \(name) is not a number") }
        return min(max(number, range.lowerBound), range.upperBound)
    }

    /// The body as plain byte arrays, one at a time.
    var pieces: some AsyncSequence<[UInt8], any Error> & Sendable {
        body.map { @Sendable buffer in Array(buffer.readableBytesView) }
    }

    /// Where this client reaches the hub, without a final slash.
    func baseURL(_ publicURL: String?) -> String {
        publicURL ?? "\(head.scheme ?? "http")://\(head.authority ?? "127.0.0.1")"
    }
}

extension String {
    /// The text as one segment of a path.
    var percentEncoded: String {
        var text = ""
        for byte in utf8 {
            let character = Character(Unicode.Scalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "-._~".contains(character) {
                text.append(character)
            } else {
                text +=
                    "%" + String(byte >> 4, radix: 16, uppercase: true)
                    + String(byte & 15, radix: 16, uppercase: true)
            }
        }
        return text
    }
}

extension RequestBody {
    /// All bytes of a body that must be small.
    func collect(upTo limit: Int, or sentence: String) async throws -> ByteBuffer {
        var whole = ByteBuffer()
        for try await var piece in self {
            guard whole.readableBytes + piece.readableBytes <= limit else { throw HubError.tooLarge(sentence) }
            whole.writeBuffer(&piece)
        }
        return whole
    }
}

extension Collection<UInt8> {
    /// Whether JSON text says `\u0000` somewhere, and does not merely quote it.
    fileprivate var holdsEscapedZero: Bool {
        var digits: Int?  // of the escape we are in
        var isEscaped = false
        for byte in self {
            if let seen = digits {
                digits = byte == UInt8(ascii: "0") ? seen + 1 : nil
                if digits == 4 { return true }
            } else if isEscaped {
                isEscaped = false
                if byte == UInt8(ascii: "u") { digits = 0 }
            } else {
                isEscaped = byte == UInt8(ascii: "\\")
            }
        }
        return false
    }
}

extension DecodingError {
    /// One sentence that names the key.
    var sentence: String {
        func path(_ context: Context) -> String {
            context.codingPath.isEmpty ? "the body" : context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        return switch self {
        case .keyNotFound(let key, let context): "\(path(context)) has no '\(key.stringValue)'"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "\(path(context)): \(context.debugDescription)"
        @unknown default: "it is not what this route takes"
        }
    }
}
