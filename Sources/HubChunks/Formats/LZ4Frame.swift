import CLZ4
import HubCore

/// One LZ4 frame in memory, through liblz4.
enum LZ4Frame {
    /// Compresses `source` into independent blocks without checksums, as Xet clients do.
    ///
    /// Returns nil unless the frame is shorter than `limit` bytes.
    static func compress(_ source: UnsafeRawBufferPointer, shorterThan limit: Int) -> [UInt8]? {
        var preferences = LZ4F_preferences_t()
        preferences.frameInfo.blockMode = LZ4F_blockIndependent
        preferences.frameInfo.blockSizeID = source.count > 65536 ? LZ4F_max256KB : LZ4F_max64KB
        let bound = LZ4F_compressFrameBound(source.count, &preferences)
        var written = 0
        let frame = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            written = LZ4F_compressFrame(buffer.baseAddress, bound, source.baseAddress, source.count, &preferences)
            count = LZ4F_isError(written) == 0 && written < limit ? written : 0
        }
        return frame.isEmpty ? nil : frame
    }

    /// Decompresses the one frame that `source` is into `destination`; true when it filled it exactly.
    static func decompress(_ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer) -> Bool {
        guard let decoder = LZ4Decoder() else { return false }
        return decoder.decode(source, into: destination)
    }
}

/// Owner of a decompression context.
private struct LZ4Decoder: ~Copyable {
    private let context: OpaquePointer

    init?() {
        var context: OpaquePointer?
        guard LZ4F_isError(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0, let context else {
            return nil
        }
        self.context = context
    }

    deinit { LZ4F_freeDecompressionContext(context) }

    /// True when the source was one whole frame and filled `destination`.
    func decode(_ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer) -> Bool {
        var options = LZ4F_decompressOptions_t()
        options.stableDst = 1
        var read = 0
        var written = 0
        while read < source.count {
            var sourceSize = source.count - read
            var destinationSize = destination.count - written
            let hint = LZ4F_decompress(
                context, destination.baseAddress.map { $0 + written }, &destinationSize,
                source.baseAddress.map { $0 + read }, &sourceSize, &options)
            guard LZ4F_isError(hint) == 0 else { return false }
            read += sourceSize
            written += destinationSize
            if hint == 0 { return read == source.count && written == destination.count }
            guard sourceSize > 0 || destinationSize > 0 else { return false }
        }
        return false
    }
}
