import HTTPTypes
import Hummingbird

/// How the bytes of a request's body are packed (`Content-Encoding`).
enum ContentCoding: Sendable {
    case identity
    case gzip

    /// Nil for one the hub cannot unpack, or more than one.
    init?(of request: Request) {
        let words = request.headers[values: .contentEncoding].flatMap { $0.split(separator: ",") }
            .map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }.filter { !$0.isEmpty && $0 != "identity" }
        switch words {
        case []: self = .identity
        case ["gzip"], ["x-gzip"]: self = .gzip
        default: return nil
        }
    }
}

extension RouteDescription {
    /// Lets only requests through whose body the handler can read; taking packed bytes for plain ones would store or
    /// understand them wrongly.
    func refusingOtherCodings(_ handler: @escaping RouteTable.Handler) -> RouteTable.Handler {
        let unpacksBodies = unpacksBodies
        return { request, context in
            let coding = ContentCoding(of: request)
            guard coding == .identity || (coding == .gzip && unpacksBodies) else {
                let accepted = unpacksBodies ? "identity, gzip, x-gzip" : "identity"
                // RFC 9110, section 15.5.16.
                throw HTTPError(
                    .unsupportedMediaType, headers: [.acceptEncoding: accepted],
                    message: "the Content-Encoding of the request is not understood here; send the body "
                        + (unpacksBodies ? "plain (identity) or as gzip (x-gzip)" : "plain (identity)"))
            }
            return try await handler(request, context)
        }
    }
}
