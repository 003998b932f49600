import HTTPTypes
import HubCore
import HubServices
import Hummingbird

extension QueryParameter {
    /// The parameters of a list that comes in pages.
    static func page(upTo limit: Int) -> [QueryParameter] {
        [
            .number("limit", 1...limit, "At most so many on a page."),
            .text("cursor", "Where the page begins; taken from the `Link` of the page before."),
        ]
    }
}

extension Request {
    /// The part of a list this request asks for.
    func rowPage(default standard: Int = 100, upTo limit: Int = 1000) throws -> RowPageRequest {
        let count = try number("limit", default: standard, in: 1...limit)
        guard let cursor = query("cursor") else { return RowPageRequest(limit: count) }
        guard let after = Int64(cursor), (1...(1 << 53)).contains(after) else {
            throw HubError.invalid("the query's cursor is not one this hub gave out")
        }
        return RowPageRequest(after: after, limit: count)
    }

    /// The absolute URL of this request with another cursor: it carries the whole query.
    func url(cursor: Int64, _ publicURL: String?) -> String {
        let target = head.path ?? "/"
        let parts = target.split(separator: "?", maxSplits: 1)
        let kept = parts.count == 2 ? parts[1].split(separator: "&").filter { !$0.hasPrefix("cursor=") } : []
        let query = (kept + ["cursor=\(cursor)"]).joined(separator: "&")
        return "\(baseURL(publicURL))\(parts.first ?? "/")?\(query)"
            .replacing("<", with: "%3C").replacing(">", with: "%3E").replacing("\"", with: "%22")
    }
}

extension Answer {
    /// One page of a list, with a `Link` to the next if there is one.
    static func page<Item>(
        _ page: RowPage<Item>,
        of request: Request,
        _ publicURL: String?,
        _ body: (Item) throws -> some Encodable
    ) throws -> Response {
        var response = try json(page.items.map(body))
        if let next = page.next {
            response.headers[.link] = "<\(request.url(cursor: next, publicURL))>; rel=\"next\""
        }
        return response
    }
}
