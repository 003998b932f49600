/// How a decoder runs.
package struct DecoderOptions: Sendable {
    /// Worker threads, the calling one included.
    package var threads = 2

    /// Which kernels compute.
    package var path = KernelPath.best

    /// Tokens passed through the layers at once, and with them the memory for activations; a multiple of 32.
    package var window = 512

    /// Bytes of activations at most.
    package var memoryLimit = 4 << 30

    package init() {}
}
