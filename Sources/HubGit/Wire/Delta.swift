/// A git delta: instructions that make one object out of another (gitformat-pack, "Deltified representation").
struct Delta {
    private let bytes: [UInt8]
    private let start: Int

    /// Length of the object it applies to, and of the one it makes.
    let baseSize: Int
    let size: Int

    init(_ bytes: [UInt8]) throws(GitError) {
        self.bytes = bytes
        var place = 0
        baseSize = try Self.readSize(bytes, &place)
        size = try Self.readSize(bytes, &place)
        start = place
    }

    /// The made object; `size` must have been found acceptable.
    func apply(to base: [UInt8]) throws(GitError) -> [UInt8] {
        guard base.count == baseSize else { throw Self.damaged }
        var made: [UInt8] = []
        made.reserveCapacity(size)
        var place = start
        while place < bytes.count {
            let instruction = bytes[place]
            place += 1
            let piece: ArraySlice<UInt8>
            if instruction & 0x80 != 0 {
                let offset = try readNumber(instruction & 0x0F, width: 4, &place)
                let length = try readNumber(instruction >> 4 & 0x07, width: 3, &place)
                let count = length == 0 ? 0x10000 : length
                guard offset + count <= base.count else { throw Self.damaged }
                piece = base[offset..<offset + count]
            } else {
                guard instruction > 0, place + Int(instruction) <= bytes.count else { throw Self.damaged }
                piece = bytes[place..<place + Int(instruction)]
                place += Int(instruction)
            }
            guard made.count + piece.count <= size else { throw Self.damaged }
            made += piece
        }
        guard made.count == size else { throw Self.damaged }
        return made
    }

    /// A little-endian number of which only the bytes whose bit is set in `mask` are written.
    private func readNumber(_ mask: UInt8, width: Int, _ place: inout Int) throws(GitError) -> Int {
        var number = 0
        for index in 0..<width where mask >> UInt8(index) & 1 == 1 {
            guard place < bytes.count else { throw Self.damaged }
            number |= Int(bytes[place]) << (8 * index)
            place += 1
        }
        return number
    }

    private static func readSize(_ bytes: [UInt8], _ place: inout Int) throws(GitError) -> Int {
        var (size, shift) = (0, 0)
        while place < bytes.count, shift < 56 {
            let byte = bytes[place]
            place += 1
            size |= Int(byte & 0x7F) << shift
            shift += 7
            if byte & 0x80 == 0 { return size }
        }
        throw damaged
    }

    static var damaged: GitError { GitError(code: .invalid, message: "the pack holds a damaged delta") }
}
