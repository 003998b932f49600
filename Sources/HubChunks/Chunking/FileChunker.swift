import CHubKernels
import Crypto
import Foundation
package import HubCore
import Synchronization

/// A local file's chunks, and its SHA-256 if that was asked for.
package struct ChunkedFile: Hashable, Sendable {
    package let chunks: [Chunk]
    package let digest: ContentDigest?

    package init(chunks: [Chunk], digest: ContentDigest?) {
        self.chunks = chunks
        self.digest = digest
    }

    package var size: Int { chunks.reduce(0) { $0 + $1.length } }
    package var fileHash: XetHash { MerkleTree.fileHash(chunks) }
}

/// Cuts a local file into chunks and hashes them, on several threads.
///
/// The file is read block by block. Each thread scans a block for matches of the gear hash, waits for the thread
/// before it to say where its last chunk began, chooses the cuts, lets the next thread go on, reads the beginning of
/// the first chunk, and hashes. Memory is about one block a thread, whatever the size of the file.
package struct FileChunker: Sendable {
    /// How many threads scan and hash.
    package var threads: Int

    /// Whether the SHA-256 of the whole is computed beside it, on a thread of its own.
    package var computesDigest: Bool

    /// How many bytes a thread takes at a time.
    package var blockSize = 2 << 20

    package init(threads: Int = 2, computesDigest: Bool = false) {
        precondition(threads > 0)
        self.threads = threads
        self.computesDigest = computesDigest
    }

    /// Chunks the file at `path`; the caller's thread is not blocked.
    ///
    /// Throws ``HubError/conflict(_:)`` when the file becomes shorter meanwhile.
    package func chunk(fileAt path: String) async throws -> ChunkedFile {
        let file = try OpenFile(path)
        let work = ChunkingWork(file: file, blockSize: blockSize)
        async let digest = computesDigest ? onBlockingThread { try Self.digest(of: file) } : nil
        try await withThrowingTaskGroup { group in
            for _ in 0..<min(threads, max(1, work.blockCount)) {
                group.addTask { try await onBlockingThread { work.run() } }
            }
            try await group.waitForAll()
        }
        return ChunkedFile(chunks: try work.chunks(), digest: try await digest)
    }

    private static func digest(of file: OpenFile) throws -> ContentDigest {
        var hasher = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
        defer { buffer.deallocate() }
        for offset in stride(from: 0, to: file.size, by: buffer.count) {
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, file.size - offset)])
            try file.read(into: piece, at: offset)
            hasher.update(bufferPointer: UnsafeRawBufferPointer(piece))
        }
        return ContentDigest(hasher.finalize())
    }
}

/// A file of the length it had when it was opened.
private final class OpenFile: Sendable {
    let size: Int
    private let descriptor: FileDescriptor

    init(_ path: String) throws {
        descriptor = try FileDescriptor(reading: path)
        size = try descriptor.size()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
        guard try descriptor.read(into: buffer, at: offset) == buffer.count else {
            throw HubError.conflict("the file became shorter while it was read")
        }
    }
}

/// The blocks of one file and what has been found in them.
private final class ChunkingWork: Sendable {
    /// Room before a block for the chunk that is open where it begins.
    private static let overlap = Chunk.maximumLength

    private struct State {
        var nextBlock = 0
        var chunksByBlock: [[Chunk]]
        var error: (any Error)?

        mutating func takeBlock() -> Int? {
            guard error == nil, nextBlock < chunksByBlock.count else { return nil }
            defer { nextBlock += 1 }
            return nextBlock
        }
    }

    let blockCount: Int
    private let file: OpenFile
    private let blockSize: Int
    private let state: Mutex<State>
    private let cuts = OrderedCuts()

    init(file: OpenFile, blockSize: Int) {
        self.file = file
        self.blockSize = blockSize
        blockCount = (file.size + blockSize - 1) / blockSize
        state = Mutex(State(chunksByBlock: Array(repeating: [], count: blockCount)))
    }

    /// All chunks, in order, or the first error a thread met.
    func chunks() throws -> [Chunk] {
        try state.withLock { state in
            if let error = state.error { throw error }
            return Array(state.chunksByBlock.joined())
        }
    }

    /// Takes blocks until there are none left.
    func run() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: blockSize + Self.overlap, alignment: 4096)
        defer { buffer.deallocate() }
        while let block = state.withLock({ $0.takeBlock() }) {
            do {
                let chunks = try chunks(of: block, buffer: buffer)
                state.withLock { $0.chunksByBlock[block] = chunks }
            } catch {
                state.withLock { $0.error = $0.error ?? error }
                cuts.abort()
            }
        }
    }

    /// The chunks that end in a block.
    private func chunks(of block: Int, buffer: UnsafeMutableRawBufferPointer) throws -> [Chunk] {
        let start = block * blockSize
        let end = min(file.size, start + blockSize)
        // The block stands after room for the open chunk before it; offsets of the buffer are the file's less this.
        let origin = start - Self.overlap
        let history = min(start, Int(HUB_GEAR_WINDOW))
        try read(start - history..<end, into: buffer, origin: origin)
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[(start - history - origin)..<(end - origin)])
        let matches = GearScan.best.matches(in: bytes, range: history..<bytes.count).map { $0 + start - history }
        let block = OrderedCuts.Block(index: block, end: end, isLast: end == file.size)
        guard let found = cuts.choose(from: matches, in: block) else { return [] }
        if found.start < start - history {
            try read(found.start..<start - history, into: buffer, origin: origin)
        }
        return XetHasher.chunks(
            found.lengths, of: UnsafeRawBufferPointer(rebasing: buffer[(found.start - origin)..<(end - origin)]))
    }

    private func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer, origin: Int) throws {
        let place = range.lowerBound - origin..<range.upperBound - origin
        try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[place]), at: range.lowerBound)
    }
}

/// The cuts of a file, chosen block by block in order whichever threads hold the blocks.
private final class OrderedCuts: Sendable {
    struct Block {
        let index: Int

        /// Where the block ends in the file.
        let end: Int
        let isLast: Bool
    }

    private struct State {
        var finder = CutFinder()
        var nextBlock = 0
        var isAborted = false
    }

    private let turn = NSCondition()

    /// Only touched while `turn` is locked, which `Mutex` cannot be waited on for.
    private nonisolated(unsafe) var state = State()

    /// Waits for the blocks before this one, then chooses its cuts.
    ///
    /// Returns where the first chunk begins in the file and the lengths of all; nil when another thread failed.
    func choose(from matches: [Int], in block: Block) -> (start: Int, lengths: [UInt32])? {
        turn.lock()
        defer {
            turn.broadcast()
            turn.unlock()
        }
        while state.nextBlock != block.index, !state.isAborted { turn.wait() }
        guard !state.isAborted else { return nil }
        let start = state.finder.start
        var lengths: [UInt32] = []
        state.finder.take(matches: matches, upTo: block.end, into: &lengths)
        if block.isLast { state.finder.finish(at: block.end, into: &lengths) }
        state.nextBlock += 1
        return (start, lengths)
    }

    func abort() {
        turn.lock()
        state.isAborted = true
        turn.broadcast()
        turn.unlock()
    }
}
