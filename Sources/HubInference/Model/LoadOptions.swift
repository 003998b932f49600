/// What loading a model may cost.
package struct LoadOptions: Sendable {
    /// Bytes of weights read into memory at most; mapped files do not count.
    package var memoryLimit = 8 << 30

    /// Bytes of a tokenizer.json at most.
    package var tokenizerLimit = 128 << 20

    package init() {}
}
