import HTTPTypes

/// Every route that was declared, with what answers it.
final class RouteLog {
    private(set) var declarations: [(description: RouteDescription, handler: RouteTable.Handler)] = []

    var list: RouteList { RouteList(routes: declarations.map(\.description)) }

    func record(_ description: RouteDescription, _ handler: @escaping RouteTable.Handler) {
        declarations.append((description, handler))
    }

    /// Declares, after all others, the route that describes them and itself.
    func describe(at path: String, _ summary: String) {
        let itself = RouteDescription(
            method: .get, path: path, topic: "Hub", summary: summary, query: [], body: .none,
            answer: .document(.map(.any)), findsCaller: false, keepsAnswers: false, countsDownloads: false,
            unpacksBodies: false)
        let document = OpenAPIDocument(RouteList(routes: list.routes + [itself]))
        record(itself) { _, _ in try Answer.json(document) }
    }
}

/// The routes of a hub, once all are declared.
struct RouteList: Sendable {
    let routes: [RouteDescription]

    /// The methods some route has for `path`; empty when there is nothing at all.
    func methods(for path: String) -> [HTTPRequest.Method] {
        let segments = Self.segments(of: path)
        var found: [HTTPRequest.Method] = []
        for route in routes where !found.contains(route.method) {
            if Self.matches(Self.segments(of: route.path), segments) { found.append(route.method) }
        }
        return found
    }

    /// The words that stand behind a repository's name in some route: no repository may be called by them.
    var wordsAfterNames: Set<String> {
        Set(
            routes.compactMap { route in
                let segments = Self.segments(of: route.path)
                guard let name = segments.firstIndex(of: ":name"), name + 1 < segments.count else { return nil }
                return segments[name + 1].hasPrefix(":") ? nil : String(segments[name + 1])
            })
    }

    /// The words that stand, in some route, where others have a bare name: `semantic-search` in `api/spaces/…`.
    var wordsInsteadOfNames: Set<String> {
        Set(
            routes.compactMap { route in
                let segments = Self.segments(of: route.path)
                guard segments.count == 3, segments[0] == "api", !segments[2].hasPrefix(":") else { return nil }
                return String(segments[2])
            })
    }

    private static func matches(_ pattern: [Substring], _ path: [Substring]) -> Bool {
        if pattern.last == "**" {
            let fixed = pattern.dropLast()
            return path.count > fixed.count && zip(fixed, path).allSatisfy(matches)
        }
        return pattern.count == path.count && zip(pattern, path).allSatisfy(matches)
    }

    private static func matches(_ pattern: Substring, _ segment: Substring) -> Bool {
        pattern.hasPrefix(":") || pattern == segment
    }

    private static func segments(of path: String) -> [Substring] { path.split(separator: "/") }
}
