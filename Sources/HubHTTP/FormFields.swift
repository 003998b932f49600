import Foundation
import HubCore

/// The names and values of an HTML form or of a query, in their order (`application/x-www-form-urlencoded`).
struct FormFields {
    private let fields: [(name: String, value: String)]

    /// Reads `a=1&b=2`; what is not valid percent-encoded UTF-8 is ``HubError/invalid(_:)``.
    init(parsing text: some StringProtocol) throws(HubError) {
        var fields: [(name: String, value: String)] = []
        for part in text.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields.append((try Self.decode(pair[0]), pair.count == 2 ? try Self.decode(pair[1]) : ""))
        }
        self.fields = fields
    }

    /// All values of the fields called by one of `names`.
    func values(_ names: String...) -> [String] { fields.filter { names.contains($0.name) }.map(\.value) }

    private static func decode(_ text: some StringProtocol) throws(HubError) -> String {
        guard let decoded = String(text).replacing("+", with: " ").removingPercentEncoding, !decoded.contains("\0")
        else {
            throw .invalid("the form or query is not valid percent-encoded UTF-8")
        }
        return decoded
    }
}
