import HubCore

/// A forward reading view of a `ByteReader` that fetches what it needs and skips what it does not.
///
/// `fill` is the only place that waits; everything else works on the bytes at hand.
struct ByteWindow {
    private let reader: any ByteReader
    private var bytes: [UInt8] = []
    private var start: Int  // place of bytes[0] in the reader
    private var fetchSize = 4096

    /// The place of the next byte.
    private(set) var position: Int

    /// The place after the last byte that may be read.
    let end: Int

    init(_ reader: any ByteReader, from position: Int = 0) {
        self.reader = reader
        self.position = position
        self.start = position
        self.end = reader.count
    }

    /// The bytes that can be read now without waiting.
    var available: Int { max(0, start + bytes.count - position) }

    var isAtEnd: Bool { position >= end }

    /// Makes at least `count` bytes available, or all up to the end.
    mutating func fill(_ count: Int) async throws {
        let wanted = min(count, end - position)
        guard wanted > available else { return }
        let length = min(max(count, fetchSize), end - position)
        bytes = try await reader.read(position..<position + length)
        start = position
        fetchSize = min(fetchSize * 4, 1 << 18)
    }

    /// The next byte, or nil when none is at hand.
    mutating func next() -> UInt8? {
        guard available > 0 else { return nil }
        defer { position += 1 }
        return bytes[position - start]
    }

    /// The next `count` bytes as an unsigned little-endian number; nil when they are not at hand.
    mutating func number(_ count: Int) -> UInt64? {
        guard available >= count else { return nil }
        let index = position - start
        position += count
        return bytes[index..<index + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The next `count` bytes; nil when they are not at hand.
    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard available >= count else { return nil }
        let index = position - start
        position += count
        return bytes[index..<index + count]
    }

    /// The bytes up to the next line feed, which is passed over; nil when there is none at hand.
    mutating func line() -> ArraySlice<UInt8>? {
        guard available > 0 else { return nil }
        let rest = bytes[(position - start)...]
        guard let feed = rest.firstIndex(of: 0x0A) else { return nil }
        position = start + feed + 1
        return rest[..<feed]
    }

    /// Passes over `count` bytes without fetching them; false when the end comes first.
    mutating func skip(_ count: UInt64) -> Bool {
        guard count <= UInt64(end - position) else { return false }
        position += Int(count)
        return true
    }

    /// Passes over everything up to and including the next line feed; false when the end comes first.
    mutating func skipLine() async throws -> Bool {
        while !isAtEnd {
            try await fill(4096)
            if line() != nil { return true }
            position += available
        }
        return false
    }
}

/// A stretch of another reader, as if it were a file of its own.
struct ByteStretch: ByteReader {
    private let whole: any ByteReader
    private let range: Range<Int>

    /// Takes `range`, which must lie inside `whole`.
    init(of whole: any ByteReader, _ range: Range<Int>) {
        self.whole = whole
        self.range = range
    }

    var count: Int { range.count }

    func read(_ part: Range<Int>) async throws -> [UInt8] {
        try checkBounds(part)
        return try await whole.read(range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
    }
}
