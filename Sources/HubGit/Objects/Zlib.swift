import CDeflate
import CLibgit2
import Synchronization

/// The zlib streams git keeps objects in (RFC 1950), made and read whole by libdeflate.
enum Zlib {
    /// Compresses `bytes`; fails only without memory.
    ///
    /// At libdeflate's fastest level: on trees and source text it is a third of the work of zlib's standard level, and
    /// the streams are no longer.
    static func deflate(_ bytes: [UInt8]) throws(GitError) -> [UInt8] {
        guard let compressor = compressors.take() else { throw noMemory }
        defer { compressors.giveBack(compressor) }
        let made = [UInt8](unsafeUninitializedCapacity: libdeflate_zlib_compress_bound(compressor, bytes.count)) {
            buffer, count in
            count = bytes.withUnsafeBytes { source in
                libdeflate_zlib_compress(compressor, source.baseAddress, source.count, buffer.baseAddress, buffer.count)
            }
        }
        guard !made.isEmpty else { throw GitError(code: .generic, message: "libdeflate could not compress") }
        return made
    }

    /// Inflates a stream that must hold exactly `size` bytes and end with them.
    static func inflate(_ stream: [UInt8], size: Int) throws(GitError) -> [UInt8] {
        var fits = false
        let made = [UInt8](unsafeUninitializedCapacity: max(size, 1)) { buffer, count in
            fits = inflate(
                stream, into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<size]))
            count = fits ? size : 0
        }
        guard fits else { throw GitError(code: .generic, message: "a stored object is damaged") }
        return made
    }

    /// Fills `target` from `stream`; false unless the stream holds exactly that many bytes.
    static func inflate(_ stream: [UInt8], into target: UnsafeMutableRawBufferPointer) -> Bool {
        stream.withUnsafeBytes { inflateStart(of: $0, into: target) == stream.count }
    }

    /// Fills `target` from the stream that `source` begins with, and returns how long that is.
    ///
    /// Nil unless the stream is sound, ends within `source` and holds exactly that many bytes.
    static func inflateStart(of source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int? {
        guard let decompressor = decompressors.take() else { return nil }
        defer { decompressors.giveBack(decompressor) }
        var spare: UInt8 = 0
        var (read, wrote) = (0, 0)
        let status = withUnsafeMutablePointer(to: &spare) { spare in
            libdeflate_zlib_decompress_ex(
                decompressor, source.baseAddress, source.count,
                target.baseAddress ?? UnsafeMutableRawPointer(spare), target.count, &read, &wrote)
        }
        return status == LIBDEFLATE_SUCCESS && wrote == target.count ? read : nil
    }

    private static let compressors = Idle {
        libdeflate_alloc_compressor(1)
    } free: {
        libdeflate_free_compressor($0)
    }
    private static let decompressors = Idle {
        libdeflate_alloc_decompressor()
    } free: {
        libdeflate_free_decompressor($0)
    }

    private static var noMemory: GitError { GitError(code: .generic, message: "libdeflate did not start") }
}

/// What libdeflate works with, kept until somebody needs it again: as many as threads have been at it together.
private struct Idle: ~Copyable, Sendable {
    private let make: @Sendable () -> OpaquePointer?
    private let free: @Sendable (OpaquePointer) -> Void
    private let waiting = Mutex<[UInt]>([])

    private static let limit = 16

    init(_ make: @escaping @Sendable () -> OpaquePointer?, free: @escaping @Sendable (OpaquePointer) -> Void) {
        self.make = make
        self.free = free
    }

    func take() -> OpaquePointer? {
        waiting.withLock { $0.popLast() }.flatMap { OpaquePointer(bitPattern: $0) } ?? make()
    }

    func giveBack(_ pointer: OpaquePointer) {
        let isKept = waiting.withLock { waiting in
            guard waiting.count < Self.limit else { return false }
            waiting.append(UInt(bitPattern: pointer))
            return true
        }
        if !isKept { free(pointer) }
    }
}
