package import HubCore

/// Reads and verifies a xorb's body as it arrives, whatever the size of its pieces.
///
/// Every chunk is unpacked and hashed before it counts; memory is bounded by the longest chunk and one piece.
package struct XorbReader: Sendable {
    private static let footerIdent = Array("XETBLOB".utf8)

    private var buffer: [UInt8] = []
    private var entries: [XorbLayout.Entry] = []
    private var length = 0
    private var isAtFooter = false

    package init() {}

    /// The length of the chunks seen so far; a footer, which is skipped, is not part of it.
    package var serializedSize: Int { entries.last?.end ?? 0 }

    package mutating func append(_ bytes: [UInt8]) throws(HubError) {
        guard !isAtFooter else { return }
        buffer += bytes
        var consumed = 0
        while try takeChunk(at: &consumed) {}
        buffer.removeSubrange(..<consumed)
    }

    /// Ends the body and returns what it holds; throws when it stops within a chunk or holds none.
    package mutating func finish() throws(HubError) -> XorbLayout {
        guard buffer.isEmpty || isAtFooter else { throw .invalid("the xorb is cut short within a chunk") }
        guard !entries.isEmpty else { throw .invalid("the xorb holds no chunk") }
        return XorbLayout(entries: entries)
    }

    private mutating func takeChunk(at offset: inout Int) throws(HubError) -> Bool {
        guard !isAtFooter, buffer.count - offset >= ChunkHeader.size else { return false }
        if buffer[offset...].starts(with: Self.footerIdent) {
            isAtFooter = true
            return false
        }
        let start = offset
        let header = try ChunkHeader(buffer.withUnsafeBytes { $0.load(littleEndian: UInt64.self, at: start) })
        let end = offset + ChunkHeader.size + header.payload
        guard buffer.count >= end else { return false }
        try checkLimits(adding: header)
        let chunk = try unpack(header, payload: start + ChunkHeader.size..<end)
        entries.append(XorbLayout.Entry(chunk: chunk, end: serializedSize + end - start))
        length += header.length
        offset = end
        return true
    }

    private func checkLimits(adding header: ChunkHeader) throws(HubError) {
        guard entries.count < XorbLimits.chunks, length + header.length <= XorbLimits.length else {
            throw .tooLarge("the xorb exceeds 8192 chunks or 64 MiB of uncompressed bytes")
        }
    }

    private func unpack(_ header: ChunkHeader, payload: Range<Int>) throws(HubError) -> Chunk {
        let hash = buffer.withUnsafeBytes { bytes in
            let source = UnsafeRawBufferPointer(rebasing: bytes[payload])
            return withUnsafeTemporaryAllocation(byteCount: header.length, alignment: 64) { chunk -> XetHash? in
                guard header.compression.decompress(source, into: chunk) else { return nil }
                return XetHasher.chunk(UnsafeRawBufferPointer(chunk))
            }
        }
        guard let hash else {
            throw .invalid("chunk \(entries.count) of the xorb does not unpack to the \(header.length) bytes it claims")
        }
        return Chunk(hash: hash, length: header.length)
    }
}

extension XorbLayout {
    /// Unpacks these chunks from their part of the body and verifies each against its hash.
    ///
    /// - Parameter body: Exactly the bytes of ``byteRange(of:)``.
    package func unpack(_ chunks: Range<Int>, from body: [UInt8]) throws(DamagedContent) -> [UInt8] {
        let expected = byteRange(of: chunks)
        guard body.count == expected.count else { throw damage("is cut short") }
        var isReadable = true
        let bytes = [UInt8](unsafeUninitializedCapacity: length(of: chunks)) { buffer, count in
            isReadable = unpack(chunks, from: body, into: UnsafeMutableRawBufferPointer(buffer))
            count = isReadable ? buffer.count : 0
        }
        guard isReadable else { throw damage("has a chunk that cannot be unpacked") }
        let lengths = entries[chunks].map { UInt32($0.chunk.length) }
        let found = bytes.withUnsafeBytes { XetHasher.chunks(lengths, of: $0) }
        guard found == entries[chunks].map(\.chunk) else {
            throw damage("has a chunk whose bytes do not match its hash")
        }
        return bytes
    }

    private func unpack(
        _ chunks: Range<Int>, from body: [UInt8], into destination: UnsafeMutableRawBufferPointer
    ) -> Bool {
        body.withUnsafeBytes { body in
            var source = 0
            var target = 0
            for entry in entries[chunks] {
                guard source + ChunkHeader.size <= body.count,
                    // Whatever the header says wrong, the chunk is damaged.
                    let header = try? ChunkHeader(body.load(littleEndian: UInt64.self, at: source)),
                    header.length == entry.chunk.length,
                    source + ChunkHeader.size + header.payload <= body.count
                else { return false }
                let payload = source + ChunkHeader.size..<source + ChunkHeader.size + header.payload
                guard
                    header.compression.decompress(
                        UnsafeRawBufferPointer(rebasing: body[payload]),
                        into: UnsafeMutableRawBufferPointer(rebasing: destination[target..<target + header.length]))
                else { return false }
                source = payload.upperBound
                target += header.length
            }
            return source == body.count
        }
    }

    private func damage(_ what: String) -> DamagedContent { DamagedContent("xorb \(hash) \(what)") }
}
