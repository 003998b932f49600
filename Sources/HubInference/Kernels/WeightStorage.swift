import HubCore
import HubTensors

/// Bytes of weights that stay where they are for as long as anything refers to them.
// Unchecked for `start` alone, a pointer: the bytes behind it do not change once an initializer is through.
final class WeightStorage: @unchecked Sendable {
    let start: UnsafeRawPointer
    private let file: MappedFile?

    /// Uses a mapped file where it lies; nil if it is empty.
    init?(_ file: MappedFile) {
        // The mapping lives as long as the file, which is kept.
        guard let start = file.withUnsafeBytes({ $0.baseAddress }) else { return nil }
        self.start = start
        self.file = file
    }

    /// Takes `count` bytes of its own, which `fill` writes.
    init(count: Int, fill: (UnsafeMutableRawPointer) -> Void) {
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(1, count), alignment: 64)
        fill(bytes)
        start = UnsafeRawPointer(bytes)
        file = nil
    }

    /// Reads `range` into memory; the caller has bounded its length.
    init(_ reader: any ByteReader, _ range: Range<Int>) async throws {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, range.count), alignment: 64)
        start = UnsafeRawPointer(bytes.baseAddress ?? UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))
        file = nil
        var offset = range.lowerBound
        while offset < range.upperBound {
            try Task.checkCancellation()
            let piece = try await reader.read(offset..<min(range.upperBound, offset + 4 << 20))
            UnsafeMutableRawBufferPointer(rebasing: bytes[(offset - range.lowerBound)...]).copyBytes(from: piece)
            offset += piece.count
        }
    }

    deinit {
        if file == nil { start.deallocate() }
    }
}
