/// What loading a model may cost.
package struct LoadOptions: Sendable {
    /// Bytes of weights read or turned in memory at most; what is used in a mapped file where it lies does not count.
    package var memoryLimit = 8 << 30

    package init() {}
}
