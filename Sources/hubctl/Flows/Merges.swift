import Foundation
import HubAPI

/// How the result of a merge is told, wherever it was made.
enum Merges {
    /// Prints the result; conflicts end the program with the code for them.
    static func tell(_ result: MergeResultBody, json: Bool, next: String? = nil) throws {
        if json {
            try Terminal.print(json: result)
        } else {
            print(headline(result))
            table(result.tensors)
            // A tensor with numbers stands in the table already.
            let told = Set(result.tensors.filter { $0.cosine != nil }.map(\.tensor))
            for conflict in result.conflicts where !told.contains(conflict.tensor ?? "") {
                let tensor = conflict.tensor.map { " \($0)" } ?? ""
                print("  conflict  \(conflict.path)\(tensor): \(conflict.reason)")
            }
            if let next, result.outcome == .conflicts { print(next) }
        }
        if result.outcome == .conflicts { throw ExitCodes.refused }
    }

    private static func headline(_ result: MergeResultBody) -> String {
        let commit = result.commit.map { String($0.prefix(10)) } ?? ""
        return switch result.outcome {
        case .upToDate: "Already up to date."
        case .fastForward: "Moved forward to \(commit); there was nothing to merge."
        case .merged: "Merged as \(commit)."
        case .wouldMerge: "This would merge without conflicts."
        case .conflicts:
            result.conflicts.count == 1 ? "There is 1 conflict." : "There are \(result.conflicts.count) conflicts."
        }
    }

    /// What a person has to look at comes first, then what was computed, then what one side brought.
    private static func rank(_ tensor: TensorDecisionBody) -> Int {
        if tensor.decision == "conflict" { return 0 }
        return tensor.cosine != nil ? 1 : 2
    }

    /// One line per tensor that is not the same on all sides, with how the two changes relate.
    private static func table(_ tensors: [TensorDecisionBody]) {
        guard !tensors.isEmpty else { return }
        let width = tensors.map(\.decision.count).max() ?? 0
        let nameWidth = tensors.map(\.tensor.count).max() ?? 0
        for tensor in tensors.sorted(by: { rank($0) < rank($1) }) {
            let decision = tensor.decision.padding(toLength: width, withPad: " ", startingAt: 0)
            let name = tensor.tensor.padding(toLength: nameWidth, withPad: " ", startingAt: 0)
            let numbers = [("cosine", tensor.cosine), ("contested", tensor.contestedMass), ("overlap", tensor.overlap)]
                .compactMap { word, value in value.map { "\(word) \(String(format: "%6.3f", $0))" } }
            print((["  \(decision)", numbers.isEmpty ? tensor.tensor : name] + numbers).joined(separator: "  "))
        }
    }
}
