package import HubChunks
package import HubCore

/// Which chunks travel, in which new xorbs, and how every file is put together from old and new ones.
///
/// Xorbs are cut by what their chunks hold before compression, and named by the chunks' hashes, so the whole plan,
/// names included, stands before the first byte is read again.
package struct UploadPlan: Sendable {
    /// A chunk to send, and where to read it.
    package struct Piece: Hashable, Sendable {
        package var chunk: Chunk

        /// The file's place among the files of the plan, and the offset in it.
        package var file: Int
        package var offset: Int
    }

    package struct Xorb: Sendable {
        package var hash: XetHash
        package var pieces: [Piece]

        /// Uncompressed.
        package var byteCount: Int { pieces.reduce(0) { $0 + $1.chunk.length } }
    }

    /// Successive chunks of a file that lie one after the other in one xorb.
    package struct Term: Hashable, Sendable {
        package var span: ChunkSpan
        package var chunks: [Chunk]
    }

    package struct Limits: Sendable {
        /// Uncompressed bytes and chunks of one xorb (Xet specification, section 4.2).
        package var xorbBytes = 64 << 20
        package var xorbChunks = 8192

        package init(xorbBytes: Int = 64 << 20, xorbChunks: Int = 8192) {
            self.xorbBytes = xorbBytes
            self.xorbChunks = xorbChunks
        }
    }

    package let xorbs: [Xorb]

    /// Of each file, in the order given.
    package let recipes: [[Term]]

    /// Bytes of the files that need not travel.
    package let bytesDeduplicated: Int

    /// Bytes of the files that travel, uncompressed.
    package var bytesToSend: Int { xorbs.reduce(0) { $0 + $1.byteCount } }

    /// Plans the upload of `files`, each given by its chunks in order; `known` says where the hub has chunks already.
    package init(files: [[Chunk]], known: [XetHash: ChunkLocation], limits: Limits = Limits()) {
        var filler = Filler(known: known, limits: limits)
        let places = files.enumerated().map { file, chunks in filler.place(chunks, of: file) }
        filler.finishXorb()
        xorbs = filler.xorbs
        bytesDeduplicated = filler.bytesDeduplicated
        let names = xorbs.map(\.hash)
        recipes = zip(files, places).map { chunks, places in
            Self.terms(of: chunks, at: places.map { $0.location(in: names) })
        }
    }

    /// Joins chunks that follow each other in the file and in a xorb.
    private static func terms(of chunks: [Chunk], at places: [ChunkLocation]) -> [Term] {
        var terms: [Term] = []
        for (chunk, place) in zip(chunks, places) {
            if let span = terms.last?.span, span.xorb == place.xorb, span.chunks.upperBound == place.index {
                let last = terms.count - 1
                terms[last].span = ChunkSpan(xorb: span.xorb, chunks: span.chunks.lowerBound..<place.index + 1)
                terms[last].chunks.append(chunk)
            } else {
                let span = ChunkSpan(xorb: place.xorb, chunks: place.index..<place.index + 1)
                terms.append(Term(span: span, chunks: [chunk]))
            }
        }
        return terms
    }
}

/// Where a chunk will lie; a new xorb has no name before it is full.
private enum Placement {
    case known(ChunkLocation)
    case new(xorb: Int, index: Int)

    func location(in xorbs: [XetHash]) -> ChunkLocation {
        switch self {
        case .known(let location): location
        case .new(let xorb, let index): ChunkLocation(xorb: xorbs[xorb], index: index)
        }
    }
}

/// Puts every chunk the hub lacks into a new xorb, once, in the order of the files.
private struct Filler {
    let known: [XetHash: ChunkLocation]
    let limits: UploadPlan.Limits

    var xorbs: [UploadPlan.Xorb] = []
    var bytesDeduplicated = 0
    private var placed: [XetHash: Placement] = [:]
    private var pieces: [UploadPlan.Piece] = []
    private var byteCount = 0

    init(known: [XetHash: ChunkLocation], limits: UploadPlan.Limits) {
        self.known = known
        self.limits = limits
    }

    mutating func place(_ chunks: [Chunk], of file: Int) -> [Placement] {
        var offset = 0
        return chunks.map { chunk in
            defer { offset += chunk.length }
            if let place = known[chunk.hash].map(Placement.known) ?? placed[chunk.hash] {
                bytesDeduplicated += chunk.length
                return place
            }
            return send(UploadPlan.Piece(chunk: chunk, file: file, offset: offset))
        }
    }

    private mutating func send(_ piece: UploadPlan.Piece) -> Placement {
        if byteCount + piece.chunk.length > limits.xorbBytes || pieces.count == limits.xorbChunks { finishXorb() }
        let place = Placement.new(xorb: xorbs.count, index: pieces.count)
        placed[piece.chunk.hash] = place
        pieces.append(piece)
        byteCount += piece.chunk.length
        return place
    }

    mutating func finishXorb() {
        guard !pieces.isEmpty else { return }
        xorbs.append(UploadPlan.Xorb(hash: MerkleTree.xorbHash(pieces.map(\.chunk)), pieces: pieces))
        pieces = []
        byteCount = 0
    }
}
