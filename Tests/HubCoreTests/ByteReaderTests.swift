import HubCore
import Synchronization
import Testing

@Suite struct ByteReaderTests {
    private let reader = BufferReader(Array(0..<10))

    @Test func `a range is read exactly`() throws {
        #expect(try reader.read(3..<6) == [3, 4, 5])
        #expect(try reader.read(10..<10).isEmpty)
        #expect(reader.count == 10)
    }

    @Test(arguments: [9..<11, -1..<2, 11..<11, 0..<Int.max])
    func `a range outside the bytes is refused`(_ range: Range<Int>) {
        #expect(throws: HubError.rangeNotSatisfiable(size: 10)) { try reader.read(range) }
    }

    @Test(arguments: [1, 3, 4, 10, 1000])
    func `pieces of any size put together are the range`(_ pieceSize: Int) async throws {
        let seen = Mutex<[UInt8]>([])
        try await reader.forEachPiece(of: 1..<9, pieceSize: pieceSize) { offset, bytes in
            seen.withLock { all in
                #expect(offset == 1 + all.count)
                #expect(bytes.count <= pieceSize)
                all += bytes
            }
        }
        #expect(seen.withLock { $0 } == [1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test func `an empty range has no pieces`() async throws {
        try await reader.forEachPiece(of: 4..<4) { _, _ in Issue.record("there is nothing to hand over") }
    }

    @Test func `pieces past the end are refused`() async {
        await #expect(throws: HubError.rangeNotSatisfiable(size: 10)) {
            try await reader.forEachPiece(of: 5..<20, pieceSize: 5) { _, _ in }
        }
    }
}
