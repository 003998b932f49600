import HTTPTypes
import Hummingbird
import NIOCore

/// A picture for an account that has none: its first letter on a colour of its own.
struct Avatar {
    /// A well-formed account name.
    let name: String

    static func url(of name: String, _ base: String) -> String { "\(base)/api/avatars/\(name)" }

    var response: Response {
        let hue = name.utf8.reduce(17) { ($0 * 31 + Int($1)) % 360 }
        let letter = name.first { $0.isLetter || $0.isNumber }.map { $0.uppercased() } ?? "?"
        let image = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><rect width="100" height="100" \
            fill="hsl(\(hue),45%,45%)"/><text x="50" y="68" font-family="sans-serif" font-size="52" \
            text-anchor="middle" fill="#fff">\(letter)</text></svg>
            """
        var response = Answer.bytes(Array(image.utf8), type: "image/svg+xml")
        response.headers[.cacheControl] = "public, max-age=86400"
        response.headers[.contentTypeOptions] = "nosniff"
        response.headers[.contentSecurityPolicy] = "default-src 'none'"
        return response
    }
}
