import ArgumentParser
import Foundation

/// How fast repeated passes over a file's bytes were, as printed in one line of JSON.
///
/// Wall and processor time are each the least of all passes: what disturbs a run can only add to them.
struct SpeedReport: Encodable {
    let bench: String
    let threads: Int
    let bytes: Int

    /// The Xet hash of the file, of a bench that computes it.
    var fileHash: String?
    let wallSeconds: Double

    /// Of all threads of this process.
    let cpuSeconds: Double

    /// 10^9 bytes a second.
    let wallGBps: Double
    let cpuGBps: Double

    /// Measures `pass`, over `bytes` bytes, as often as `repeats` says.
    init(bench: String, threads: Int, bytes: Int, repeats: Int, pass: () async throws -> Void) async throws {
        guard repeats > 0 else { throw ValidationError("--repeats must be at least 1") }
        var wall = Double.infinity
        var cpu = Double.infinity
        for _ in 0..<repeats {
            let cpuBefore = processSeconds()
            let start = ContinuousClock.now
            try await pass()
            wall = min(wall, (ContinuousClock.now - start) / Duration.seconds(1))
            cpu = min(cpu, processSeconds() - cpuBefore)
        }
        self.bench = bench
        self.threads = threads
        self.bytes = bytes
        wallSeconds = wall
        cpuSeconds = cpu
        wallGBps = Double(bytes) / wall / 1e9
        cpuGBps = Double(bytes) / cpu / 1e9
    }

    func print() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        Swift.print(String(decoding: try encoder.encode(self), as: UTF8.self))
    }
}

/// The processor time this process has used, in seconds.
func processSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
