import Foundation
import HubAPI

/// How a comparison of two revisions is told.
enum Comparisons {
    static func tell(_ body: CompareBody) {
        if body.files.isEmpty { print("Nothing changed.") }
        for file in body.files { print("\(file.change)  \(file.path)") }
        let width = body.tensors.map(\.tensor.count).max() ?? 0
        for tensor in body.tensors {
            let name = tensor.tensor.padding(toLength: width, withPad: " ", startingAt: 0)
            print("  \(tensor.change)  \(name)  \(tensor.dtype) \(tensor.shape)\(numbers(of: tensor))")
        }
    }

    private static func numbers(of tensor: TensorChangeBody) -> String {
        [("L2", "%.4g", tensor.l2), ("relative", "%.4f", tensor.relativeL2), ("cosine", "%.6f", tensor.cosine)]
            .compactMap { word, format, value in value.map { "  \(word) \(String(format: format, $0))" } }.joined()
    }
}
