import CLibgit2

/// A request's bytes as its client meant them: unpacked, if they were sent as a gzip file (RFC 1952).
package struct PlainBody<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable where Base.Element == [UInt8] {
    package typealias Element = [UInt8]

    private let base: Base
    private let isCompressed: Bool
    private let limit: Int

    /// - Parameter limit: The most bytes a gzip file may unpack to.
    package init(_ base: Base, isCompressed: Bool, limit: Int) {
        self.base = base
        self.isCompressed = isCompressed
        self.limit = limit
    }

    package func makeAsyncIterator() -> Iterator {
        Iterator(base: base.makeAsyncIterator(), isCompressed: isCompressed, rest: limit)
    }

    package struct Iterator: AsyncIteratorProtocol {
        private var base: Base.AsyncIterator
        private let isCompressed: Bool
        private var rest: Int
        private var gunzipper: Gunzipper?

        fileprivate init(base: Base.AsyncIterator, isCompressed: Bool, rest: Int) {
            self.base = base
            self.isCompressed = isCompressed
            self.rest = rest
        }

        package mutating func next() async throws -> [UInt8]? {
            guard isCompressed else { return try await base.next() }
            let gunzipper = try gunzipper ?? Gunzipper()
            self.gunzipper = gunzipper
            while true {
                let bytes = try gunzipper.next()
                guard bytes.isEmpty else {
                    rest -= bytes.count
                    guard rest >= 0 else {
                        throw GitError(code: .invalid, message: "the request is too long once it is unpacked")
                    }
                    return bytes
                }
                guard let piece = try await base.next() else {
                    guard gunzipper.isAtEnd else {
                        throw GitError(code: .invalid, message: "the request's gzip encoding is cut short")
                    }
                    return nil
                }
                gunzipper.add(piece)
            }
        }
    }
}

/// Unpacks a gzip file that comes in pieces; several one behind the other are one.
private final class Gunzipper {
    private let zlib: ZlibStream
    private var stream: UnsafeMutablePointer<z_stream> { zlib.pointer }
    private var input: [UInt8] = []
    private var place = 0

    /// Whether the file may end here.
    private(set) var isAtEnd = false

    private static let pieceLength = 1 << 18

    init() throws(GitError) { zlib = try ZlibStream({ hub_gunzip_init($0) }, end: { inflateEnd($0) }) }

    /// Takes the next piece, once ``next()`` has nothing more of the one before.
    func add(_ piece: [UInt8]) { (input, place) = (piece, 0) }

    /// The next unpacked bytes; none if more are needed first.
    func next() throws(GitError) -> [UInt8] {
        var made: [UInt8] = []
        while made.isEmpty {
            if isAtEnd {
                guard place < input.count else { break }
                inflateReset(stream)
                isAtEnd = false
            }
            let (bytes, status) = step()
            switch status {
            case Z_STREAM_END: isAtEnd = true
            case Z_OK: break
            case Z_BUF_ERROR: return bytes
            default: throw GitError(code: .invalid, message: "the request's gzip encoding is damaged")
            }
            made = bytes
        }
        return made
    }

    private func step() -> (bytes: [UInt8], status: Int32) {
        var status = Z_OK
        let made = [UInt8](unsafeUninitializedCapacity: Self.pieceLength) { target, count in
            input.withUnsafeMutableBufferPointer { source in
                stream.pointee.next_in = source.baseAddress?.advanced(by: place)
                stream.pointee.avail_in = uInt(source.count - place)
                stream.pointee.next_out = target.baseAddress
                stream.pointee.avail_out = uInt(target.count)
                status = CLibgit2.inflate(stream, Z_NO_FLUSH)
                place = source.count - Int(stream.pointee.avail_in)
                count = target.count - Int(stream.pointee.avail_out)
            }
        }
        return (made, status)
    }
}
