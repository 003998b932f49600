import CLibgit2

/// Makes one zlib stream of bytes that come in pieces.
final class Deflater {
    private let zlib: ZlibStream
    private var stream: UnsafeMutablePointer<z_stream> { zlib.pointer }

    /// Large files are rarely text: the fastest level.
    init() throws(GitError) { zlib = try ZlibStream({ hub_deflate_init($0, 1) }, end: { deflateEnd($0) }) }

    /// What the stream grows by; it may be nothing until the last piece.
    func deflate(_ bytes: [UInt8], isLast: Bool) throws(GitError) -> [UInt8] {
        var bytes = bytes
        var made: [UInt8] = []
        var status = Z_OK
        bytes.withUnsafeMutableBufferPointer { source in
            stream.pointee.next_in = source.baseAddress
            stream.pointee.avail_in = uInt(source.count)
            repeat {
                let piece = [UInt8](unsafeUninitializedCapacity: 1 << 18) { target, count in
                    stream.pointee.next_out = target.baseAddress
                    stream.pointee.avail_out = uInt(target.count)
                    let room = target.count
                    status = CLibgit2.deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                    count = room - Int(stream.pointee.avail_out)
                }
                made += piece
            } while status == Z_OK && (stream.pointee.avail_out == 0 || (isLast && stream.pointee.avail_in > 0))
            stream.pointee.next_in = nil
        }
        guard status == Z_STREAM_END || (!isLast && (status == Z_OK || status == Z_BUF_ERROR)) else {
            throw GitError(code: .generic, message: "zlib could not compress (\(status))")
        }
        return made
    }
}
