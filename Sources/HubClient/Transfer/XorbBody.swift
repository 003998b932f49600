import HubChunks
import HubCore
import NIOCore

/// The bytes of a planned xorb, read, verified and compressed while they are sent.
///
/// Holds about a mebibyte; iterating again begins anew.
struct XorbBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let xorb: UploadPlan.Xorb
    let files: [LocalContent]
    let counter: XorbCounter

    func makeAsyncIterator() -> Iterator {
        counter.restart()
        return Iterator(pieces: xorb.pieces[...], files: files, counter: counter)
    }

    struct Iterator: AsyncIteratorProtocol {
        /// Chunks that lie one after the other in a file are read together, up to so many bytes.
        private static let readSize = 1 << 20

        fileprivate var pieces: ArraySlice<UploadPlan.Piece>
        fileprivate let files: [LocalContent]
        fileprivate let counter: XorbCounter
        private var builder = XorbBuilder()
        private var opened: (index: Int, file: LocalFile)?

        fileprivate init(pieces: ArraySlice<UploadPlan.Piece>, files: [LocalContent], counter: XorbCounter) {
            self.pieces = pieces
            self.files = files
            self.counter = counter
        }

        mutating func next() async throws -> ByteBuffer? {
            guard let first = pieces.first else { return nil }
            try Task.checkCancellation()
            let run = takeRun()
            let chunks = run.map(\.chunk)
            let bytes = try read(chunks, of: first.file, at: first.offset)
            var start = 0
            for chunk in chunks {
                unsafe bytes.withUnsafeBytes { buffer in
                    let piece = unsafe UnsafeRawBufferPointer(rebasing: buffer[start..<start + chunk.length])
                    unsafe builder.add(chunk, bytes: piece)
                }
                start += chunk.length
            }
            let body = builder.take()?.body ?? []
            counter.add(content: bytes.count, sent: body.count)
            return ByteBuffer(bytes: body)
        }

        /// The next chunks that lie one after the other in one file.
        private mutating func takeRun() -> ArraySlice<UploadPlan.Piece> {
            var end = pieces.startIndex
            var length = 0
            while end < pieces.endIndex, let first = pieces.first, pieces[end].file == first.file,
                pieces[end].offset == first.offset + length,
                length == 0 || length + pieces[end].chunk.length <= Self.readSize
            {
                length += pieces[end].chunk.length
                end += 1
            }
            defer { pieces = pieces[end...] }
            return pieces[..<end]
        }

        /// Reads `chunks`, which must still be what they were when the plan was made.
        private mutating func read(_ chunks: [Chunk], of index: Int, at offset: Int) throws -> [UInt8] {
            let bytes = try file(index).read(at: offset, count: chunks.reduce(0) { $0 + $1.length })
            let lengths = chunks.map { UInt32($0.length) }
            guard bytes.count == lengths.reduce(0, { $0 + Int($1) }),
                unsafe bytes.withUnsafeBytes({ unsafe XetHasher.chunks(lengths, of: $0) }) == chunks
            else { throw files[index].changed }
            return bytes
        }

        private mutating func file(_ index: Int) throws -> LocalFile {
            if let opened, opened.index == index { return opened.file }
            let file = try files[index].open()
            opened = (index, file)
            builder.beginFile()
            return file
        }
    }
}
