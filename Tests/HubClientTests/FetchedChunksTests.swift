import HubAPI
import HubChunks
import HubClient
import HubCore
import Testing

@Suite struct FetchedChunksTests {
    private static let one = [UInt8](repeating: 7, count: 1000)
    private static let two = (0..<600).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31) }

    /// A xorb of both chunks, the first of which packs well.
    private static let body: [UInt8] = {
        var builder = XorbBuilder()
        for bytes in [one, two] {
            let chunk = Chunk(hash: XetHasher.chunk(bytes), length: bytes.count)
            unsafe bytes.withUnsafeBytes { _ = unsafe builder.add(chunk, bytes: $0) }
        }
        return builder.take()?.body ?? []
    }()

    private let xorb = XetHash(Digest256(words: (1, 2, 3, 4)))

    /// A plan over chunks 10 and 11 of a xorb, whose terms are given by chunks and length.
    private func plan(_ terms: [(chunks: Range<Int>, length: Int)], skip: Int, count: Int) throws -> ReconstructionPlan
    {
        let range = ReconstructionBody.FetchRange(chunks: .init(start: 10, end: 12), bytes: .init(start: 0, end: 999))
        let body = ReconstructionBody(
            offsetIntoFirstRange: skip,
            terms: terms.map {
                .init(
                    hash: xorb, unpackedLength: $0.length,
                    range: .init(start: $0.chunks.lowerBound, end: $0.chunks.upperBound))
            },
            xorbs: [xorb.string: [.init(url: "/u", ranges: [range])]])
        return try ReconstructionPlan(body, count: count)
    }

    @Test func `terms are unpacked in their order, as often as they are named`() throws {
        let plan = try plan([(11..<12, 600), (10..<12, 1600)], skip: 100, count: 2000)

        let bytes = try plan.assemble([FetchedChunks(parsing: Self.body, count: 2)])

        #expect(bytes == Self.two + Self.one + Self.two)
    }

    @Test func `chunks of another length than announced are refused`() throws {
        let plan = try plan([(10..<12, 1599)], skip: 0, count: 1599)
        let fetched = [try FetchedChunks(parsing: Self.body, count: 2)]
        #expect(throws: HubError.self) { try plan.assemble(fetched) }
    }

    @Test(arguments: [1, 3])
    func `another number of chunks is refused`(count: Int) {
        #expect(throws: HubError.self) { try FetchedChunks(parsing: Self.body, count: count) }
    }

    @Test(arguments: [1, 7, 8, 9, 300])
    func `chunks that are cut short are refused`(cut: Int) {
        #expect(throws: HubError.self) { try FetchedChunks(parsing: Array(Self.body.dropLast(cut)), count: 2) }
    }

    /// Byte by byte of the header: version, packed length, compression, length.
    @Test(arguments: [(0, UInt8(1)), (3, 0xFF), (4, 3), (4, 99), (7, 0x10)])
    func `a header that makes no sense is refused`(place: Int, value: UInt8) {
        var body = Self.body
        body[place] = value
        #expect(throws: HubError.self) { try FetchedChunks(parsing: body, count: 2) }
    }

    @Test func `a payload that does not unpack is an error`() throws {
        var body = Self.body
        body[8] ^= 0xFF
        let fetched = [try FetchedChunks(parsing: body, count: 2)]
        let plan = try plan([(10..<12, 1600)], skip: 0, count: 1600)
        #expect(throws: HubError.self) { try plan.assemble(fetched) }
    }
}
