import CLibgit2

/// Inflates the zlib streams of a pack, one after the other.
///
/// A stream in a pack does not say where it ends, so it is inflated to find out; it reads ahead in the file, and
/// streams that follow each other share what was read.
final class Inflater {
    private let file: ScratchFile
    private let end: Int
    private let zlib: ZlibStream
    private var stream: UnsafeMutablePointer<z_stream> { zlib.pointer }
    private var window: [UInt8] = []
    private var windowStart = 0

    private static let windowLength = 1 << 20

    /// Reads `file` up to `end`.
    init(_ file: ScratchFile, end: Int) throws(GitError) {
        self.file = file
        self.end = end
        zlib = try ZlibStream({ hub_inflate_init($0) }, end: { inflateEnd($0) })
    }

    /// The byte at `place`.
    func byte(at place: Int) throws(GitError) -> UInt8 {
        try look(at: place)
        return window[place - windowStart]
    }

    /// The stream that begins at `place` and must hold exactly `size` bytes, and where it ends.
    func inflate(at place: Int, size: Int) throws(GitError) -> (bytes: [UInt8], end: Int) {
        if size <= Self.lengthAtOnce, let whole = try inflateAtOnce(at: place, size: size) { return whole }
        inflateReset(stream)
        // One byte more than promised shows a stream that is too long.
        var bytes = [UInt8](repeating: 0, count: size + 1)
        let limit = place + Self.longestStream(of: size)
        var (place, done) = (place, 0)
        while place <= limit {
            try look(at: place)
            let (status, read, wrote) = step(from: place, into: &bytes, at: done)
            place += read
            done += wrote
            guard done <= size, status == Z_OK || status == Z_STREAM_END else { break }
            guard status == Z_STREAM_END else { continue }
            guard done == size, place <= limit else { break }
            bytes.removeLast()
            return (bytes, place)
        }
        throw GitError(code: .invalid, message: "the pack holds a damaged object at byte \(place)")
    }

    /// No program writes longer streams than this; streams can be stretched without end, and would be kept as they are.
    private static func longestStream(of size: Int) -> Int { 2 * size + 4096 }

    /// Longer streams, and those that are no sound stream at all, are left to zlib.
    private static let lengthAtOnce = 256 << 10

    /// Nil if the stream is damaged, or far longer than one of so many bytes should be.
    private func inflateAtOnce(at place: Int, size: Int) throws(GitError) -> (bytes: [UInt8], end: Int)? {
        try look(at: place)
        let usual = size + size / 8 + 64
        if windowStart + window.count < min(place + usual, end) { try readWindow(at: place) }
        var length: Int?
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            length = window.withUnsafeBytes { source in
                Zlib.inflateStart(
                    of: UnsafeRawBufferPointer(rebasing: source[(place - windowStart)...]),
                    into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<size]))
            }
            count = length == nil ? 0 : size
        }
        guard let length, length <= Self.longestStream(of: size) else { return nil }
        return (bytes, place + length)
    }

    /// The stream that begins at `place` and must hold exactly `size` bytes, in pieces.
    ///
    /// Nothing else may be inflated until it has ended.
    func pieces(at place: Int, size: Int) -> Pieces {
        inflateReset(stream)
        return Pieces(inflater: self, place: place, rest: size)
    }

    /// A stream that is being inflated.
    struct Pieces {
        private let inflater: Inflater

        /// Where the stream goes on, and in the end where it ended.
        private(set) var place: Int
        private let limit: Int
        private var rest: Int
        private var hasEnded = false

        private static let length = 1 << 20

        fileprivate init(inflater: Inflater, place: Int, rest: Int) {
            (self.inflater, self.place, self.rest) = (inflater, place, rest)
            limit = place + Inflater.longestStream(of: rest)
        }

        /// The next bytes, at most a megabyte; nil at the end.
        mutating func next() throws(GitError) -> [UInt8]? {
            guard !hasEnded else { return nil }
            // One byte more than promised shows a stream that is too long.
            var bytes = [UInt8](repeating: 0, count: min(rest + 1, Self.length))
            var done = 0
            while done < bytes.count, !hasEnded {
                try inflater.look(at: place)
                let (status, read, wrote) = inflater.step(from: place, into: &bytes, at: done)
                place += read
                done += wrote
                hasEnded = status == Z_STREAM_END
                guard status == Z_OK || hasEnded, place <= limit else { throw damaged }
            }
            rest -= done
            guard rest >= 0, !hasEnded || rest == 0 else { throw damaged }
            bytes.removeLast(bytes.count - done)
            return bytes.isEmpty ? nil : bytes
        }

        private var damaged: GitError {
            GitError(code: .invalid, message: "the pack holds a damaged object at byte \(place)")
        }
    }

    private func step(from place: Int, into bytes: inout [UInt8], at done: Int) -> (Int32, read: Int, wrote: Int) {
        window.withUnsafeMutableBufferPointer { source in
            bytes.withUnsafeMutableBufferPointer { target in
                let (input, output) = (source.count - (place - windowStart), target.count - done)
                stream.pointee.next_in = source.baseAddress?.advanced(by: place - windowStart)
                stream.pointee.avail_in = uInt(input)
                stream.pointee.next_out = target.baseAddress?.advanced(by: done)
                stream.pointee.avail_out = uInt(output)
                let status = CLibgit2.inflate(stream, Z_NO_FLUSH)
                return (status, input - Int(stream.pointee.avail_in), output - Int(stream.pointee.avail_out))
            }
        }
    }

    private func look(at place: Int) throws(GitError) {
        guard place < windowStart || place >= windowStart + window.count else { return }
        guard (0..<end).contains(place) else {
            throw GitError(code: .endOfFile, message: "the pack ends too early")
        }
        try readWindow(at: place)
    }

    private func readWindow(at place: Int) throws(GitError) {
        window = try file.read(place..<min(place + Self.windowLength, end))
        windowStart = place
    }
}
