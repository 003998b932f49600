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

    @Option(help: "How often each run is repeated; the least time counts.")
    var repeats = 3

    @Option(help: "Bytes a thread takes at a time.")
    var blockSize = FileChunker().blockSize

    @Flag(help: "Compute the SHA-256 as well, on a thread more.")
    var digest = false

    func run() async throws {
        let size = try fileSize(file)
        for count in threads {
            var chunker = FileChunker(threads: count, computesDigest: digest)
            chunker.blockSize = blockSize
            var fileHash: XetHash?
            let bench = digest ? "chunk-sha256" : "chunk"
            var report = try await SpeedReport(bench: bench, threads: count, bytes: size, repeats: repeats) {
                fileHash = try await chunker.chunk(fileAt: file).fileHash
            }
            report.fileHash = fileHash?.string
            try report.print()
        }
    }
}

/// The length of the file at `path` in bytes.
func fileSize(_ path: String) throws -> Int {
    guard let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int else {
        throw ValidationError("\(path) is not a file")
    }
    return size
}
