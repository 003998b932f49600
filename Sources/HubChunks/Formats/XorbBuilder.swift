package import HubCore

/// A xorb ready to be stored or sent.
package struct BuiltXorb: Sendable {
    package let layout: XorbLayout
    package let body: [UInt8]

    package var hash: XetHash { layout.hash }
}

/// Packs chunks into xorbs, each with the scheme that packed the first of its run of 32 best.
///
/// The caller adds only chunks that are not stored yet, and takes the xorb when ``isFull`` says so.
package struct XorbBuilder: Sendable {
    /// Uncompressed bytes at which a xorb is full; memory use is about as much.
    private let capacity: Int
    private var body: [UInt8] = []
    private var entries: [XorbLayout.Entry] = []
    private var length = 0

    /// What packed the last chunk tried best, and for how many more it is taken; as many as the Xet client takes.
    private static let retestInterval = 32
    private var compression = ChunkCompression.none
    private var chunksUntilRetest = 0

    package init(capacity: Int = XorbLimits.length) {
        precondition((Chunk.maximumLength...XorbLimits.length).contains(capacity))
        self.capacity = capacity
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// How many chunks are in the xorb that is being built: the position of the next.
    package var count: Int { entries.count }

    /// The next chunk might not fit.
    package var isFull: Bool { entries.count == XorbLimits.chunks || length + Chunk.maximumLength > capacity }

    /// Tells that what follows is another file, which may pack differently.
    package mutating func beginFile() { chunksUntilRetest = 0 }

    /// Adds a chunk whose hash the caller has computed from these bytes and returns its position.
    @discardableResult
    package mutating func add(_ chunk: Chunk, bytes: UnsafeRawBufferPointer) -> Int {
        precondition(chunk.length == bytes.count && !bytes.isEmpty && !isFull)
        // All at once: an array that grows by doubling holds three times as much at worst.
        if entries.isEmpty { body.reserveCapacity(capacity + XorbLimits.chunks * ChunkHeader.size) }
        if chunksUntilRetest == 0 {
            compression = ChunkCompression.best(for: bytes)
            chunksUntilRetest = Self.retestInterval
        }
        chunksUntilRetest -= 1
        if let payload = compression.compress(bytes) {
            append(chunk, compression, payload)
        } else {
            append(chunk, .none, bytes)
        }
        return entries.count - 1
    }

    /// Returns the xorb, if it holds anything, and begins the next.
    package mutating func take() -> BuiltXorb? {
        guard !entries.isEmpty else { return nil }
        defer {
            body = []
            entries = []
            length = 0
        }
        return BuiltXorb(layout: XorbLayout(entries: entries), body: body)
    }

    private mutating func append(_ chunk: Chunk, _ compression: ChunkCompression, _ payload: some Collection<UInt8>) {
        ChunkHeader(payload: payload.count, compression: compression, length: chunk.length).append(to: &body)
        body.append(contentsOf: payload)
        entries.append(XorbLayout.Entry(chunk: chunk, end: body.count))
        length += chunk.length
    }
}
