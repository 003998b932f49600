import CHubKernels

/// Which implementation of the kernels computes.
///
/// All give the same values up to rounding; one that this processor lacks falls back to the best it has.
package enum KernelPath: Int32, Sendable, CaseIterable {
    case scalar = 0
    case avx2 = 1
    case avx512 = 2

    /// The best this processor runs.
    package static var best: KernelPath { KernelPath(rawValue: hub_inference_best_path()) ?? .scalar }

    /// All this processor runs.
    package static var available: [KernelPath] { allCases.filter { $0.rawValue <= best.rawValue } }
}
