/// An object that rests uncompressed in a temporary file.
struct PlainObject {
    let file: ScratchFile
    let offset: Int
    let size: Int
}

/// Makes a blob out of another while its delta is inflated: of the three no more than a piece is in memory.
struct DeltaStream {
    /// Length of the blob it applies to, and of the one it makes.
    let baseSize: Int
    let size: Int

    private var instructions: Instructions
    private var base: BaseWindow?
    private var made = 0

    /// What the last instruction read still asks for.
    private var copy = 0..<0
    private var inserted = 0

    private static let pieceLength = 1 << 20

    /// - Parameter pieces: The delta, from its beginning.
    init(_ pieces: Inflater.Pieces) throws(GitError) {
        instructions = Instructions(pieces)
        baseSize = try instructions.size()
        size = try instructions.size()
    }

    /// Says what the delta is to be applied to, before the first piece is asked for.
    mutating func apply(to base: PlainObject) throws(GitError) {
        guard base.size == baseSize else { throw Delta.damaged }
        self.base = BaseWindow(base)
    }

    /// The next bytes of the made blob, at most a megabyte; nil at the end.
    mutating func next() throws(GitError) -> [UInt8]? {
        var piece: [UInt8] = []
        piece.reserveCapacity(min(Self.pieceLength, size - made))
        while piece.count < Self.pieceLength {
            let room = Self.pieceLength - piece.count
            if !copy.isEmpty {
                let some = copy.prefix(room)
                try base?.read(some, to: &piece)
                copy = some.endIndex..<copy.upperBound
            } else if inserted > 0 {
                inserted -= try instructions.read(min(inserted, room), to: &piece)
            } else if try !readInstruction() {
                break
            }
            guard made + piece.count <= size else { throw Delta.damaged }
        }
        made += piece.count
        guard !piece.isEmpty else {
            guard made == size else { throw Delta.damaged }
            return nil
        }
        return piece
    }

    /// False at the end.
    private mutating func readInstruction() throws(GitError) -> Bool {
        guard let instruction = try instructions.byte() else { return false }
        guard instruction & 0x80 != 0 else {
            guard instruction > 0 else { throw Delta.damaged }
            inserted = Int(instruction)
            return true
        }
        let offset = try instructions.number(instruction & 0x0F, width: 4)
        let length = try instructions.number(instruction >> 4 & 0x07, width: 3)
        let count = length == 0 ? 0x10000 : length
        guard offset + count <= baseSize else { throw Delta.damaged }
        copy = offset..<offset + count
        return true
    }
}

/// The bytes of a delta, one after the other.
private struct Instructions {
    private var pieces: Inflater.Pieces
    private var piece: [UInt8] = []
    private var place = 0

    init(_ pieces: Inflater.Pieces) { self.pieces = pieces }

    mutating func byte() throws(GitError) -> UInt8? {
        if place == piece.count {
            guard let more = try pieces.next() else { return nil }
            (piece, place) = (more, 0)
        }
        defer { place += 1 }
        return piece[place]
    }

    /// Appends up to `count` bytes, and returns how many.
    mutating func read(_ count: Int, to target: inout [UInt8]) throws(GitError) -> Int {
        if place == piece.count {
            guard let more = try pieces.next() else { throw Delta.damaged }
            (piece, place) = (more, 0)
        }
        let end = min(place + count, piece.count)
        defer { place = end }
        target += piece[place..<end]
        return end - place
    }

    /// A little-endian number of which only the bytes whose bit is set in `mask` are written.
    mutating func number(_ mask: UInt8, width: Int) throws(GitError) -> Int {
        var number = 0
        for index in 0..<width where mask >> UInt8(index) & 1 == 1 {
            guard let byte = try byte() else { throw Delta.damaged }
            number |= Int(byte) << (8 * index)
        }
        return number
    }

    mutating func size() throws(GitError) -> Int {
        var (size, shift) = (0, 0)
        while shift < 56, let byte = try byte() {
            size |= Int(byte & 0x7F) << shift
            shift += 7
            if byte & 0x80 == 0 { return size }
        }
        throw Delta.damaged
    }
}

/// Reads ranges of a base; small ones that lie near each other are read together.
private struct BaseWindow {
    private let base: PlainObject
    private var window: [UInt8] = []
    private var start = 0

    private static let length = 16 << 10

    init(_ base: PlainObject) { self.base = base }

    mutating func read(_ range: Range<Int>, to target: inout [UInt8]) throws(GitError) {
        guard range.count < Self.length else {
            target += try base.file.read(range.lowerBound + base.offset..<range.upperBound + base.offset)
            return
        }
        if range.lowerBound < start || range.upperBound > start + window.count {
            start = range.lowerBound
            let end = min(start + Self.length, base.size)
            window = try base.file.read(start + base.offset..<end + base.offset)
        }
        target += window[range.lowerBound - start..<range.upperBound - start]
    }
}
