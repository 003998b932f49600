import Foundation
import HubAPI
import HubChunks
import HubClient
import HubCore
import Testing

@Suite struct LocalChunksTests {
    private static let xorb = XetHash(digest(7))

    private static func digest(_ word: UInt64) -> Digest256 { Digest256(words: (word, 0, 0, 0)) }

    /// A file of four chunks of 10, 20, 30 and 40 bytes, of which those at `known` lie in a xorb at 5, 6, 7 and 8.
    private func local(knowing known: [Int], _ body: (LocalChunks, String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "chunks-\(UUID().uuidString)").path
        try Data((0..<100).map { UInt8($0) }).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        var chunks = LocalChunks()
        let file = chunks.add(try LocalFile.open(path, for: .reading))
        for index in known {
            let offset = [0, 10, 30, 60][index]
            let bytes = (offset..<offset + (index + 1) * 10).map { UInt8($0) }
            let found = unsafe bytes.withUnsafeBytes { unsafe XetHasher.chunks([UInt32($0.count)], of: $0) }
            chunks.add(
                .init(file: file, offset: offset, chunk: found[0]), at: .init(xorb: Self.xorb, index: 5 + index))
        }
        try body(chunks, path)
    }

    private func term(_ start: Int, _ end: Int, _ length: Int) -> ReconstructionBody.Term {
        .init(hash: Self.xorb, unpackedLength: length, range: .init(start: start, end: end))
    }

    @Test(arguments: [([0, 3], true), ([2], true), ([], false)])
    func `a term is told by what of it is here`(_ known: [Int], _ isSome: Bool) throws {
        try local(knowing: known) { chunks, _ in
            #expect(chunks.holdSome(of: term(5, 9, 100)) == isSome)
            #expect(!chunks.holdSome(of: term(0, 5, 100)))
            let found = (0..<10).filter { chunks.place(of: .init(xorb: Self.xorb, index: $0)) != nil }
            #expect(found == known.map { $0 + 5 })
            let other = ReconstructionBody.Term(
                hash: XetHash(Self.digest(8)), unpackedLength: 100, range: .init(start: 5, end: 9))
            #expect(!chunks.holdSome(of: other))
        }
    }

    @Test func `a chunk that changed since is not taken`() throws {
        try local(knowing: [0, 1]) { chunks, path in
            let places = try [5, 6].map { try #require(chunks.place(of: .init(xorb: Self.xorb, index: $0))) }
            #expect(try chunks.read(places[1]) == (10..<30).map { UInt8($0) })
            let handle = try FileHandle(forUpdating: URL(filePath: path))
            try handle.seek(toOffset: 29)
            try handle.write(contentsOf: Data([0]))
            try handle.close()
            #expect(try chunks.read(places[1]) == nil)
            #expect(try chunks.read(places[0]) == (0..<10).map { UInt8($0) })
        }
    }

    @Test func `wanted chunks are told from others, however their terms overlap`() {
        var wanted = WantedChunks()
        wanted.add([term(5, 9, 1), term(0, 2, 1), term(8, 12, 1), term(20, 21, 1)])
        wanted.sort()
        let found = (0..<25).filter { wanted.contains(.init(xorb: Self.xorb, index: $0)) }
        #expect(found == [0, 1, 5, 6, 7, 8, 9, 10, 11, 20])
        #expect(!wanted.contains(.init(xorb: XetHash(Self.digest(8)), index: 5)))
    }

    @Test func `large files are fetched one by one where chunks are looked for, small ones together`() {
        let queue = DownloadQueue(files: [(5, 0), (3, 0), (20, 0), (20, 20), (4, 0)], pieceSize: 10)
        let batches = queue.batches(alone: [false, false, true, true, false])
        #expect(batches.map { $0.map(\.file) } == [[0, 1], [2, 2], [3], [4]])
        #expect(queue.batches(alone: Array(repeating: false, count: 5)) == [queue.pieces])
    }
}
