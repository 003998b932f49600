/// What loading a model may cost.
package struct LoadOptions: Sendable {
    /// Bytes of weights read into memory at most; mapped files do not count.
    package var memoryLimit = 8 << 30

    package init() {}
}
