import Foundation
import HubTensors

/// What changed in weights, a line for each tensor; above a patch it is text that `git apply` skips.
struct WeightsSummary {
    let text: String

    /// So many tensors are told.
    private static let limit = 500

    init(_ changes: [TensorChange]) {
        guard !changes.isEmpty else {
            text = ""
            return
        }
        var lines: [String] = []
        var path = ""
        for change in changes.prefix(Self.limit) {
            if change.path != path { lines.append("weights \(change.path)") }
            path = change.path
            lines.append("  \(change.kind.rawValue) \(change.name) \(change.dtype.rawValue)\(Self.numbers(of: change))")
        }
        if changes.count > Self.limit { lines.append("  and \(changes.count - Self.limit) more tensors") }
        text = lines.joined(separator: "\n") + "\n\n"
    }

    private static func numbers(of change: TensorChange) -> String {
        var words = " [\(change.shape.map(String.init).joined(separator: ", "))]"
        guard let difference = change.difference else { return words }
        if let relative = difference.relativeL2 { words += String(format: ", relative L2 %.4f", relative) }
        if let cosine = difference.cosine { words += String(format: ", cosine %.6f", cosine) }
        return words + ", \(difference.changedElements) elements"
    }
}
