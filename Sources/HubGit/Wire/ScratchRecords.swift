/// Records of one length by their numbers: the first many in memory, all others in a temporary file.
///
/// What a push says of a million objects then takes disk, and no more memory than what it says of the first hundred
/// thousand.
struct ScratchRecords: Sendable {
    private let length: Int
    private let folder: String
    private(set) var count = 0

    /// The first ones.
    private var near: [UInt8] = []

    /// Behind those in the file, the last ones.
    private var last: [UInt8] = []
    private var file: ScratchFile?
    private var countInFile = 0

    private static let bytesInMemory = 6 << 20
    private static let bytesAtOnce = 64 << 10

    private var nearLimit: Int { Self.bytesInMemory / length }

    /// - Parameter folder: Where the temporary file is made, if there is to be one.
    init(ofLength length: Int, in folder: String) {
        self.length = length
        self.folder = folder
    }

    /// Adds a record, which `write` fills in, and returns its number.
    mutating func append(_ write: (UnsafeMutableRawBufferPointer) -> Void) throws(GitError) -> Int {
        let zeros = repeatElement(UInt8(0), count: length)
        if count < nearLimit {
            near += zeros
            Self.lend(&near, near.count - length..<near.count, write)
        } else {
            if last.count >= Self.bytesAtOnce { try flush() }
            last += zeros
            Self.lend(&last, last.count - length..<last.count, write)
        }
        count += 1
        return count - 1
    }

    func read<Result>(_ number: Int, _ body: (UnsafeRawBufferPointer) -> Result) throws(GitError) -> Result {
        guard number >= nearLimit else { return Self.lend(near, place(number), body) }
        let far = number - nearLimit
        guard far < countInFile else { return Self.lend(last, place(far - countInFile), body) }
        guard let file else { throw GitError(code: .generic, message: "a temporary file is missing") }
        return Self.lend(try file.read(place(far)), 0..<length, body)
    }

    mutating func change(_ number: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) throws(GitError) {
        guard number >= nearLimit else { return Self.lend(&near, place(number), body) }
        let far = number - nearLimit
        guard far < countInFile else { return Self.lend(&last, place(far - countInFile), body) }
        guard let file else { throw GitError(code: .generic, message: "a temporary file is missing") }
        var bytes = try file.read(place(far))
        Self.lend(&bytes, 0..<length, body)
        try file.write(bytes, at: far * length)
    }

    private func place(_ index: Int) -> Range<Int> { index * length..<(index + 1) * length }

    private mutating func flush() throws(GitError) {
        if file == nil { file = try ScratchFile(in: folder) }
        try file?.write(last, at: countInFile * length)
        countInFile += last.count / length
        last.removeAll(keepingCapacity: true)
    }

    private static func lend<Result>(
        _ bytes: [UInt8], _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    private static func lend(
        _ bytes: inout [UInt8], _ range: Range<Int>, _ body: (UnsafeMutableRawBufferPointer) -> Void
    ) {
        bytes.withUnsafeMutableBytes { body(UnsafeMutableRawBufferPointer(rebasing: $0[range])) }
    }
}
