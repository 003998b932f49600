/// What a safetensors file may claim before it is refused.
package struct SafetensorsLimits: Sendable {
    /// The format's own limit.
    package var headerByteCount = 100_000_000
    package var tensorCount = 200_000
    package var rank = 32
    package var nameByteCount = 1024

    /// A broken file is described by at most so many findings.
    package var findingCount = 50

    package init() {}
}
