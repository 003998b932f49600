import Foundation
import HubCore

/// How a validation report is told, whoever made it.
enum Reports {
    /// Prints the report; a failed one ends the program with the code for it.
    static func tell(_ report: ValidationReport, of name: String, json: Bool) throws {
        if json {
            try Terminal.print(json: report)
        } else {
            print("\(name): \(report.verdict?.rawValue ?? "not validated yet, \(report.state.rawValue)")")
            for stage in report.stages {
                print("  \(padded(stage.name, 10))  \(padded(stage.outcome.rawValue, 7))  \(stage.summary)")
            }
            for finding in report.findings { print("  \(finding)") }
            if let inference = report.inference {
                let sample = inference.samplePrompt + inference.sample
                print("  sample      \(sample.split(whereSeparator: \.isWhitespace).joined(separator: " "))")
            }
            if let comparison = report.comparison { print("  parent      \(line(comparison))") }
        }
        if report.verdict == .failed { throw ExitCodes.refused }
    }

    private static func line(_ comparison: ValidationReport.Comparison) -> String {
        var parts = [
            "\(comparison.tensorsChanged) of \(comparison.tensorsTotal) tensors changed, \(comparison.tensorsAdded) added, "
                + "\(comparison.tensorsRemoved) removed"
        ]
        if let before = comparison.perplexityBefore, let after = comparison.perplexityAfter {
            parts.append(String(format: "perplexity %.3f to %.3f", before, after))
        }
        if let drift = comparison.logitKL { parts.append(String(format: "KL %.6f nats", drift)) }
        return parts.joined(separator: "; ")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
    }
}
