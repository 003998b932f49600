import ArgumentParser
import Foundation
import HubChunks
import HubCore

/// `hub-bench hash FILE`: how fast the bytes of a file are hashed, without looking for cuts.
///
/// The limit of `hub-bench chunk`: the same reads and the same BLAKE3, over pieces of the mean length of a chunk.
struct HashBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash",
        abstract: "Hash a file with BLAKE3 in pieces of 64 KiB: the limit of what chunking can reach.")

    @Argument(help: "The file; read it once before, so that it rests in memory.")
    var file: String

    @Option(help: "How many threads, one run for each number given.")
    var threads: [Int] = [1, 2]

    @Option(help: "How often each run is repeated; the least time counts.")
    var repeats = 3

    private static let blockSize = FileChunker().blockSize
    private static let pieceSize = 64 << 10
    private static let key = [UInt8](repeating: 7, count: Digest256.byteCount)

    func run() async throws {
        let size = try fileSize(file)
        for count in threads {
            let report = try await SpeedReport(bench: "hash", threads: count, bytes: size, repeats: repeats) {
                guard try await hash(threads: count) == size else {
                    throw ValidationError("\(file) changed while it was read")
                }
            }
            try report.print()
        }
    }

    /// Hashes the file, each thread every `threads`-th block, and returns how many bytes it had.
    private func hash(threads: Int) async throws -> Int {
        let path = file
        return try await withThrowingTaskGroup { group in
            for first in 0..<threads {
                group.addTask { try Self.hash(path, firstBlock: first, step: threads) }
            }
            return try await group.reduce(0, +)
        }
    }

    private static func hash(_ path: String, firstBlock: Int, step: Int) throws -> Int {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ValidationError("\(path) cannot be read") }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: blockSize, alignment: 4096)
        defer { buffer.deallocate() }
        var total = 0
        var block = firstBlock
        while true {
            let count = pread(descriptor, buffer.baseAddress, blockSize, block * blockSize)
            guard count >= 0 else { throw ValidationError("\(path) cannot be read") }
            guard count > 0 else { return total }
            let lengths = stride(from: 0, to: count, by: pieceSize).map { UInt32(min(pieceSize, count - $0)) }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            guard Blake3.hash(pieces: lengths, of: bytes, key: key).count == lengths.count else { return 0 }
            total += count
            block += step
        }
    }
}
