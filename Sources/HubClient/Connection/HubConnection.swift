import AsyncHTTPClient
import Foundation
import HubCore
import NIOCore
import NIOHTTP1

/// A hub, as one caller sees it.
///
/// Calls throw ``HubError`` with the hub's own sentence. Those that change nothing are repeated when the
/// connection breaks or the hub is busy; those that change something are sent once.
package struct HubConnection: Sendable {
    package let address: HubAddress

    /// Nil asks as nobody: public repositories only.
    package let token: String?
    let transport: HTTPTransport

    /// The longest answer that is read into memory.
    static let answerLimit = 64 << 20

    /// Lends a connection; its sockets are closed when `body` returns or throws.
    package static func with<Result: Sendable>(
        address: HubAddress, token: String?, believing authorities: TrustedAuthorities,
        _ body: (HubConnection) async throws -> Result
    ) async throws -> Result {
        if let token, let fault = tokenFault(token) { throw HubError.invalid(fault) }
        let configuration = HTTPTransport.configuration(believing: authorities)
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            try await body(HubConnection(address: address, token: token, transport: HTTPTransport(client: client)))
        }
    }

    /// What keeps `token` from travelling in a header, if anything.
    private static func tokenFault(_ token: String) -> String? {
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return "the token is empty or holds blanks; paste it as the hub showed it"
        }
        return nil
    }

    // MARK: What the typed calls are made of

    func get<Answer: Decodable & Sendable>(
        _ segments: [String], query: [(name: String, value: String)] = []
    ) async throws -> Answer {
        try await decode(HTTPCall(.GET, address.url(segments, query: query), token: token))
    }

    /// Sends `body` as JSON and reads a JSON answer.
    func call<Answer: Decodable & Sendable>(
        _ method: HTTPMethod, _ segments: [String], body: some Encodable
    ) async throws -> Answer {
        try await decode(jsonCall(method, segments, body: body))
    }

    /// Sends `body` as JSON; what the answer holds does not matter.
    func perform(_ method: HTTPMethod, _ segments: [String], body: some Encodable) async throws {
        try await transport.send(jsonCall(method, segments, body: body)) {
            _ = try await $0.bytes(limit: Self.answerLimit)
        }
    }

    /// Sends nothing; what the answer holds does not matter.
    func perform(_ method: HTTPMethod, _ segments: [String]) async throws {
        let call = HTTPCall(method, address.url(segments), token: token)
        try await transport.send(call) { _ = try await $0.bytes(limit: Self.answerLimit) }
    }

    /// All items of a list that comes in pages (`Link: <…>; rel="next"`), up to `limit`.
    func list<Item: Decodable & Sendable>(
        _ segments: [String], query: [(name: String, value: String)] = [], limit: Int = .max
    ) async throws -> [Item] {
        var items: [Item] = []
        var next: String? = address.url(segments, query: query)
        while let url = next, items.count < limit {
            let (page, link): ([Item], String?) = try await transport.send(HTTPCall(.GET, url, token: token)) {
                response in
                (try await response.decoded(limit: Self.answerLimit), response.headers.nextPage)
            }
            items += page
            next = page.isEmpty ? nil : try link.map { try address.url(following: $0) }
        }
        return Array(items.prefix(limit))
    }

    func decode<Answer: Decodable & Sendable>(_ call: HTTPCall) async throws -> Answer {
        try await transport.send(call) { try await $0.decoded(limit: Self.answerLimit) }
    }

    private func jsonCall(_ method: HTTPMethod, _ segments: [String], body: some Encodable) throws -> HTTPCall {
        var call = HTTPCall(method, address.url(segments), token: token)
        let bytes = ByteBuffer(bytes: try JSONEncoder().encode(body))
        call.headers = [("Content-Type", "application/json")]
        call.body = { .bytes(bytes) }
        return call
    }

    /// `/api/models/OWNER/NAME` or `/api/datasets/OWNER/NAME`.
    func route(_ repository: RepositoryID) -> [String] {
        ["api", repository.kind.plural, repository.owner, repository.name]
    }
}

extension HTTPClientResponse {
    /// The whole body, refused when it is longer than `limit`.
    func bytes(limit: Int) async throws -> ByteBuffer {
        do {
            return try await body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw HubError.tooLarge("the hub's answer is longer than \(limit >> 20) MiB")
        }
    }

    func decoded<Answer: Decodable>(limit: Int) async throws -> Answer {
        let bytes = try await bytes(limit: limit)
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(bytes.readableBytesView))
        } catch let error as DecodingError {
            throw HubError.invalid("this does not look like a hub: its answer is no \(Answer.self) (\(error.sentence))")
        }
    }
}

extension HTTPHeaders {
    /// The target of `Link: <target>; rel="next"` (RFC 8288).
    var nextPage: String? {
        for link in self[canonicalForm: "link"] where link.contains("rel=\"next\"") {
            guard link.hasPrefix("<"), let end = link.firstIndex(of: ">") else { continue }
            return String(link[link.index(after: link.startIndex)..<end])
        }
        return nil
    }
}

extension DecodingError {
    /// What is missing or wrong, in short.
    var sentence: String {
        switch self {
        case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' is of another kind"
        case .dataCorrupted: "not JSON"
        @unknown default: "not as expected"
        }
    }
}
