import HTTPTypes
import HubAPI
import HubCore

/// The description of every route (OpenAPI 3.1), made from the declarations the router is made from.
struct OpenAPIDocument: Encodable {
    let openapi = "3.1.0"
    let info = Info()
    let paths: [String: [String: Operation]]
    let tags: [Tag]
    let components = Components()

    init(_ list: RouteList) {
        var paths: [String: [String: Operation]] = [:]
        var topics: [String] = []
        for route in list.routes {
            paths[route.template, default: [:]][route.method.rawValue.lowercased()] = Operation(route)
            if !topics.contains(route.topic) { topics.append(route.topic) }
        }
        self.paths = paths
        tags = topics.map { Tag(name: $0) }
    }

    struct Info: Encodable {
        let title = "hubd"
        let version = HubVersion.current
        let description =
            "A hub for machine-learning models. The routes of the Hugging Face Hub's API that its official clients "
            + "use, Xet's CAS, git and git-lfs, and the hub's own: reports, comparisons, merges, forks."
        let license = License()
    }

    struct License: Encodable {
        let name = "Apache-2.0"
        let identifier = "Apache-2.0"
    }

    struct Tag: Encodable {
        let name: String
    }

    struct Components: Encodable {
        let securitySchemes = [
            "token": SecurityScheme(scheme: "bearer", description: "An access token."),
            "password": SecurityScheme(
                scheme: "basic", description: "An access token as the password, as git sends it."),
            "xetToken": SecurityScheme(scheme: "bearer", description: "A token that a xet-…-token route gave."),
        ]
        let schemas = ["Error": JSONSchema(of: ErrorBody.self)]
    }

    struct SecurityScheme: Encodable {
        let type = "http"
        let scheme: String
        let description: String
    }
}

extension RouteDescription {
    /// As OpenAPI writes the path: `/api/models/{owner}/{name}/tree/{revision}/{path}`.
    var template: String {
        "/"
            + path.split(separator: "/").map { segment in
                if segment == "**" { return "{path}" }
                return segment.hasPrefix(":") ? "{\(segment.dropFirst())}" : String(segment)
            }.joined(separator: "/")
    }

    /// The parameters in the path, in order.
    var parameterNames: [String] {
        path.split(separator: "/").compactMap { segment in
            if segment == "**" { return "path" }
            return segment.hasPrefix(":") ? String(segment.dropFirst()) : nil
        }
    }
}
