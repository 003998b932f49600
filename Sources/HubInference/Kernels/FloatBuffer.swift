import Glibc

/// Floats outside the reach of reference counts, aligned to a cache line, zero at first.
///
/// Pages are handed out by the system as they are touched, so that a buffer for the longest input costs
/// nothing on a short one.
final class FloatBuffer {
    let start: UnsafeMutablePointer<Float>
    let count: Int

    /// The caller has bounded `count`.
    init(_ count: Int) throws(InferenceError) {
        self.count = max(count, 1)
        let size = self.count * MemoryLayout<Float>.stride
        let pages = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let pages, pages != MAP_FAILED else { throw .tooLarge("no memory for a buffer of \(size) bytes") }
        // Advice only: without huge pages the kernels are slower, not wrong.
        _ = madvise(pages, size, MADV_HUGEPAGE)
        start = pages.bindMemory(to: Float.self, capacity: self.count)
    }

    deinit { munmap(start, count * MemoryLayout<Float>.stride) }

    /// The address of float `offset`, which must lie inside.
    subscript(from offset: Int) -> UnsafeMutablePointer<Float> {
        precondition(offset >= 0 && offset <= count)
        return start + offset
    }
}
