package import HubCore

/// Reads every weight once and says where numbers are not what weights should be.
package enum NumericsCheck {
    /// NaN and infinity are errors; a matrix that is all zero or one constant is a warning.
    ///
    /// Vectors may be constant: biases start at zero and norms at one, and many stay there. Memory does not grow
    /// with the size of a tensor.
    package static func findings(_ checkpoint: Checkpoint) async throws -> [Finding] {
        var findings: [Finding] = []
        for tensor in checkpoint.tensors where tensor.info.dtype.isArithmetic {
            try Task.checkCancellation()
            let scan = try await scan(tensor)
            findings += self.findings(of: tensor, scan)
        }
        return findings
    }

    /// Counts and bounds over all elements of a tensor of an arithmetic type.
    package static func scan(_ tensor: Tensor) async throws -> TensorScan {
        tensor.info.dtype == .float64
            ? try await scan(tensor, as: Double.self)
            : try await scan(tensor, as: Float.self)
    }

    private static func scan<Element: TensorElement>(_ tensor: Tensor, as _: Element.Type) async throws -> TensorScan {
        var scan = TensorScan()
        for places in TensorStream.blocks(tensor.info.elementCount) {
            try await tensor.elements(places, as: Element.self).withUnsafeBufferPointer {
                Element.scan($0, into: &scan, .best)
            }
        }
        return scan
    }

    private static func findings(of tensor: Tensor, _ scan: TensorScan) -> [Finding] {
        var findings: [Finding] = []
        func add(_ severity: Finding.Severity, _ sentence: String) {
            findings.append(Finding(severity, sentence, in: tensor.path, tensor: tensor.name))
        }
        if scan.nanCount > 0 { add(.error, "\(scan.nanCount) of \(scan.elementCount) elements are NaN") }
        if scan.infinityCount > 0 {
            add(.error, "\(scan.infinityCount) of \(scan.elementCount) elements are infinite")
        }
        guard tensor.info.shape.count > 1, scan.elementCount > 1 else { return findings }
        if scan.isAllZero {
            add(.warning, "all \(scan.elementCount) elements are zero")
        } else if scan.isConstant {
            add(.warning, "all \(scan.elementCount) elements are \(scan.min)")
        }
        return findings
    }
}
