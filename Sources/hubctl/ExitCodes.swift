import ArgumentParser
import HubCore

/// What hubctl's exit codes mean; the only place that turns errors into them.
enum ExitCodes {
    /// Conflicts to settle, a validation that failed, a push that was refused.
    static let refused = ExitCode(1)

    /// Anything else that failed; the sentence says what.
    static let failed = ExitCode(2)

    static func code(of error: HubError) -> ExitCode {
        switch error {
        case .refused, .conflict, .outdated, .missingContent: refused
        default: failed
        }
    }
}
