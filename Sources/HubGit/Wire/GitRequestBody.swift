import CLibgit2

/// Bodies of requests as git sends them: a long negotiation comes compressed.
package enum GitRequestBody {
    /// Inflates a body sent with `Content-Encoding: gzip`; more than `limit` bytes, or damage, is `.invalid`.
    package static func inflate(_ body: [UInt8], limit: Int) throws(GitError) -> [UInt8] {
        // zlib remembers where the stream is, so it must not move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        guard hub_gunzip_init(stream) == Z_OK else {
            throw GitError(code: .generic, message: "zlib did not start")
        }
        defer { inflateEnd(stream) }
        var inflated: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        var status = Z_OK
        var source = body
        source.withUnsafeMutableBufferPointer { source in
            stream.pointee.next_in = source.baseAddress
            stream.pointee.avail_in = uInt(source.count)
            while status == Z_OK, inflated.count <= limit {
                piece.withUnsafeMutableBufferPointer { target in
                    stream.pointee.next_out = target.baseAddress
                    stream.pointee.avail_out = uInt(target.count)
                    status = CLibgit2.inflate(stream, Z_NO_FLUSH)
                }
                inflated += piece.dropLast(Int(stream.pointee.avail_out))
            }
        }
        guard inflated.count <= limit else { throw .invalid("the request inflates to more than \(limit) bytes") }
        guard status == Z_STREAM_END else { throw .invalid("the request is not a gzip stream") }
        return inflated
    }
}
