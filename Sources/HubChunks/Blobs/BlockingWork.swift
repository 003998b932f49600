import NIOPosix

/// Runs work that blocks (disk, kernels) on the shared pool of threads for it.
func onBlockingThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await NIOThreadPool.singleton.runIfActive(work)
}
