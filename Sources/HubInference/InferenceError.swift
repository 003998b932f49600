package import HubCore

/// Why a model cannot be loaded or run.
package enum InferenceError: Error, Equatable, Sendable {
    /// The model is of a kind this engine does not know; nothing is said about its soundness.
    case unsupportedArchitecture(String)

    /// A known kind, with a feature this engine does not know; nothing is said about its soundness.
    case unsupported(String, path: String)

    /// The files contradict themselves or each other.
    case invalid(String, path: String, tensor: String? = nil)

    /// A file that every model needs is not there.
    case missingFile(String)

    /// Running it would take more memory than the options allow.
    case tooLarge(String)

    /// The time limit passed.
    case timeLimit(Duration)

    /// Two models whose outputs cannot be held against each other.
    case notComparable(String)
}

extension InferenceError {
    /// The error as something to put into a report.
    ///
    /// What the engine does not know is a note; what is wrong with the model is an error.
    package var finding: Finding {
        switch self {
        case .unsupportedArchitecture, .notComparable: Finding(.note, description, in: "config.json")
        case .unsupported(let message, let path): Finding(.note, message, in: path)
        case .invalid(let message, let path, let tensor): Finding(.error, message, in: path, tensor: tensor)
        case .missingFile(let path): Finding(.error, "the model has no \(path)", in: path)
        case .tooLarge, .timeLimit: Finding(.warning, description, in: "config.json")
        }
    }
}

extension InferenceError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unsupportedArchitecture(let name):
            "the architecture '\(name)' is not one this hub can run; "
                + "it runs \(Architecture.all.map(\.modelType).joined(separator: ", "))"
        case .unsupported(let message, let path): "\(path): \(message)"
        case .invalid(let message, let path, let tensor): "\(path)\(tensor.map { " [\($0)]" } ?? ""): \(message)"
        case .missingFile(let path): "the model has no \(path)"
        case .tooLarge(let message), .notComparable(let message): message
        case .timeLimit(let limit): "the model did not finish within \(limit)"
        }
    }
}
