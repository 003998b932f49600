import CLibgit2

/// The zlib streams git keeps objects in (RFC 1950).
enum Zlib {
    /// Compresses `bytes`; fails only without memory.
    static func deflate(_ bytes: [UInt8]) throws(GitError) -> [UInt8] {
        // Large blobs are rarely text; the fastest level keeps a push of them bound by the disk.
        let level: Int32 = bytes.count > 1 << 20 ? 1 : 6
        var length = compressBound(uLong(bytes.count))
        var status = Z_OK
        let made = [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
            status = bytes.withUnsafeBufferPointer { source in
                compress2(buffer.baseAddress, &length, source.baseAddress, uLong(source.count), level)
            }
            count = status == Z_OK ? Int(length) : 0
        }
        guard status == Z_OK else { throw GitError(code: .generic, message: "zlib could not compress (\(status))") }
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
        var spare: UInt8 = 0
        var length = uLong(target.count)
        var used = uLong(stream.count)
        let status = stream.withUnsafeBufferPointer { source in
            withUnsafeMutablePointer(to: &spare) { spare in
                let start = target.count == 0 ? spare : target.baseAddress?.assumingMemoryBound(to: UInt8.self)
                return uncompress2(start, &length, source.baseAddress, &used)
            }
        }
        return status == Z_OK && length == uLong(target.count) && used == uLong(stream.count)
    }
}
