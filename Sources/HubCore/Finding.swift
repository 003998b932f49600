/// Something a check, a parser or validation has to say about a file.
///
/// Faults in what people push are findings, not errors: all of them are collected, then one
/// place decides.
package struct Finding: Hashable, Sendable, Codable {
    package enum Severity: String, Sendable, Codable, Comparable, CaseIterable {
        /// Worth knowing.
        case note
        /// Published, but the report says so.
        case warning
        /// Keeps a push from being published when found before it, and fails validation when found after.
        case error

        package static func < (one: Severity, other: Severity) -> Bool { one.rank < other.rank }
        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    package var severity: Severity

    /// The path of the file in its repository.
    package var path: String

    /// The tensor inside the file, if one is meant.
    package var tensor: String?

    /// One sentence that names the fault and, where there is something to do, what.
    package var message: String

    package init(_ severity: Severity, _ message: String, in path: String, tensor: String? = nil) {
        self.severity = severity
        self.path = path
        self.tensor = tensor
        self.message = message
    }
}

extension Finding: CustomStringConvertible {
    package var description: String {
        "\(severity.rawValue): \(path)\(tensor.map { " [\($0)]" } ?? ""): \(message)"
    }
}
