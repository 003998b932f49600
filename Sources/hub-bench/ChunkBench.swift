import ArgumentParser
import Foundation
import HubChunks
import HubCore

/// `hub-bench chunk FILE`: how fast a file is cut into chunks and hashed.
struct ChunkBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chunk",
        abstract: "Chunk and hash a file, on one thread and on two, as a client does before an upload."
    )

    @Argument(help: "The file; read it once before, so that it rests in memory.")
    var file: String

    @Option(help: "How many threads, one run for each number given.")
    var threads: [Int] = [1, 2]

    @Option(help: "How often each run is repeated; the fastest counts.")
    var repeats = 3

    @Option(help: "Bytes a thread takes at a time.")
    var blockSize = FileChunker().blockSize

    @Flag(help: "Compute the SHA-256 as well.")
    var digest = false

    func run() async throws {
        for count in threads { try await printBest(of: repeats, threads: count) }
    }

    private func printBest(of repeats: Int, threads: Int) async throws {
        var best: Measurement?
        for _ in 0..<repeats {
            let measurement = try await measure(threads: threads)
            if best.map({ measurement.wallSeconds < $0.wallSeconds }) ?? true { best = measurement }
        }
        guard let best else { throw ValidationError("--repeats must be at least 1") }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        print(String(decoding: try encoder.encode(best), as: UTF8.self))
    }

    private func measure(threads: Int) async throws -> Measurement {
        let cpuBefore = processSeconds()
        let start = ContinuousClock.now
        var chunker = FileChunker(threads: threads, computesDigest: digest)
        chunker.blockSize = blockSize
        let result = try await chunker.chunk(fileAt: file)
        let wall = (ContinuousClock.now - start) / Duration.seconds(1)
        let fileHash = result.fileHash.string
        return Measurement(
            bytes: result.size, chunks: result.chunks.count, fileHash: fileHash, threads: threads,
            wallSeconds: wall, cpuSeconds: processSeconds() - cpuBefore)
    }

    private struct Measurement: Encodable {
        let bench = "chunk"
        let bytes: Int
        let chunks: Int
        let fileHash: String
        let threads: Int
        let wallSeconds: Double
        let cpuSeconds: Double

        /// 10^9 bytes a second.
        let wallGBps: Double
        let cpuGBps: Double

        init(bytes: Int, chunks: Int, fileHash: String, threads: Int, wallSeconds: Double, cpuSeconds: Double) {
            self.bytes = bytes
            self.chunks = chunks
            self.fileHash = fileHash
            self.threads = threads
            self.wallSeconds = wallSeconds
            self.cpuSeconds = cpuSeconds
            wallGBps = Double(bytes) / wallSeconds / 1e9
            cpuGBps = Double(bytes) / cpuSeconds / 1e9
        }
    }
}

/// The processor time this process has used, in seconds.
func processSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
