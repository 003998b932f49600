import HubCore

/// Reads tensors block by block, so that memory does not grow with their size.
enum TensorStream {
    /// The most bytes read at once.
    static let pieceByteCount = 1 << 20

    /// The most elements handed out at once; at eight bytes an element still one piece.
    static let blockElementCount = 1 << 17

    /// The blocks of a tensor of so many elements, in order.
    static func blocks(_ elementCount: Int) -> some Sequence<Range<Int>> {
        stride(from: 0, to: elementCount, by: blockElementCount).lazy.map {
            $0..<Swift.min($0 + blockElementCount, elementCount)
        }
    }
}

extension Tensor {
    /// Reads and widens the elements at `places`.
    func elements<Element: TensorElement>(
        _ places: Range<Int>,
        as _: Element.Type,
        _ kernels: TensorKernels = .best
    ) async throws -> [Element] {
        let size = info.dtype.bitCount / 8
        let start = info.range.lowerBound + places.lowerBound * size
        let bytes = try await reader.read(start..<start + places.count * size)
        return [Element](unsafeUninitializedCapacity: places.count) { buffer, initialized in
            bytes.withUnsafeBytes {
                Element.widen(
                    info.dtype, $0, into: UnsafeMutableBufferPointer(rebasing: buffer[..<places.count]), kernels)
            }
            initialized = places.count
        }
    }
}
