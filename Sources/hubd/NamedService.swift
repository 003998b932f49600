import ServiceLifecycle

/// A service that is called by its type in the log, where all it holds, keys among that, would stand otherwise.
struct NamedService: Service, CustomStringConvertible {
    let base: any Service

    var description: String { "\(type(of: base))" }

    func run() async throws { try await base.run() }
}
