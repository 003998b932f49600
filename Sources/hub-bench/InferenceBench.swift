import ArgumentParser
import Foundation
import HubCore
import HubInference
import HubTensors

/// `hub-bench inference FOLDER`: how fast a model is loaded, reads, judges and writes text.
///
/// Prints one line of JSON; a run measures one number of threads, so that its peak memory is its own.
struct InferenceBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inference",
        abstract: "Run a model: load, read a prompt, judge a text, write; the fastest of the repeats counts."
    )

    @Argument(help: "A folder with config.json, model.safetensors and tokenizer.json.")
    var folder: String

    @Option(help: "Tokens as little-endian int32; by default those of --text.")
    var tokens: String?

    @Option(help: "A text to take tokens from.")
    var text: String?

    @Option(help: "Worker threads.")
    var threads = 1

    @Option(help: "How often each measurement is repeated.")
    var repeats = 3

    @Option(help: "Tokens in a prompt, and in a window of the perplexity.")
    var window = 512

    @Option(help: "Tokens written.")
    var decode = 64

    @Option(help: "The kernels: scalar, avx2 or avx512; by default the best.")
    var kernels: String?

    @Option(help: "Write every window's losses to this file, as little-endian doubles.")
    var losses: String?

    func run() async throws {
        guard repeats > 0, window > 1, decode > 0 else {
            throw ValidationError("--repeats, --window and --decode must be positive")
        }
        let files = try readFiles()
        let load = try await best { _ = try await LanguageModel.load(files) }
        let model = try await LanguageModel.load(files)
        let input = try await readTokens(files)
        let decoder = try Decoder(model, try options())
        guard input.count >= window, decoder.window >= window else {
            throw ValidationError("there are fewer than \(window) tokens, or the model has fewer positions")
        }
        let prompt = Array(input.prefix(window))
        var report = Report(model: URL(filePath: folder).lastPathComponent, threads: threads)
        report.kernels = "\(try options().path)"
        report.parameters = model.parameters
        report.windowTokens = window
        report.decodeTokens = decode
        (report.loadSeconds, report.loadCPUSeconds) = load
        (report.prefillSeconds, report.prefillCPUSeconds) = try await best { _ = try decoder.lastLogits(prompt) }
        (report.lossSeconds, report.lossCPUSeconds) = try await best { _ = try decoder.losses(prompt) }
        let start = Array(prompt.prefix(1))
        (report.decodeSeconds, report.decodeCPUSeconds) = try await best {
            _ = try decoder.generate(after: start, count: decode)
        }
        try judge(input, decoder, &report)
        report.peakRSS = peakMemory()
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }

    /// The perplexity over up to four windows.
    private func judge(_ input: [Int32], _ decoder: Decoder, _ report: inout Report) throws {
        var all: [Double] = []
        for start in stride(from: 0, through: min(input.count, 4 * window) - window, by: window) {
            all += try decoder.losses(Array(input[start..<start + window]))
        }
        report.perplexity = exp(all.reduce(0, +) / Double(all.count))
        if let losses {
            try all.withUnsafeBytes { try Data($0).write(to: URL(filePath: losses)) }
        }
    }

    private func options() throws -> DecoderOptions {
        var options = DecoderOptions()
        options.threads = threads
        options.window = window
        if let kernels {
            guard let path = KernelPath.available.first(where: { "\($0)" == kernels }) else {
                throw ValidationError("'\(kernels)' is not among \(KernelPath.available)")
            }
            options.path = path
        }
        return options
    }

    private func readFiles() throws -> [String: any ByteReader] {
        var files: [String: any ByteReader] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder)
        where name.hasSuffix(".json") || name.hasSuffix(".safetensors") {
            files[name] = try MappedFile(path: "\(folder)/\(name)")
        }
        return files
    }

    private func readTokens(_ files: [String: any ByteReader]) async throws -> [Int32] {
        if let tokens {
            let bytes = try MappedFile(path: tokens)
            return try bytes.read(0..<bytes.count / 4 * 4).withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
        }
        guard let text, let file = files[Tokenizer.path] else {
            throw ValidationError("name --tokens, or --text for a folder with a tokenizer.json")
        }
        let content = try String(contentsOfFile: text, encoding: .utf8)
        return try await Tokenizer.load(file).encode(content)
    }

    /// The least wall and processor time of the repeats, in seconds.
    private func best(_ body: () async throws -> Void) async throws -> (wall: Double, cpu: Double) {
        var wall = Double.infinity
        var cpu = Double.infinity
        for _ in 0..<repeats {
            let cpuBefore = processSeconds()
            let start = ContinuousClock.now
            try await body()
            wall = min(wall, (ContinuousClock.now - start) / .seconds(1))
            cpu = min(cpu, processSeconds() - cpuBefore)
        }
        return (wall, cpu)
    }

    /// Bytes of memory this process has held at most, mapped files included.
    private func peakMemory() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }

    private struct Report: Encodable {
        let bench = "inference"
        let engine = "hubd"
        let model: String
        let threads: Int
        var kernels = ""
        var parameters = 0
        var windowTokens = 0
        var decodeTokens = 0
        var loadSeconds = 0.0
        var loadCPUSeconds = 0.0

        /// From `windowTokens` tokens to the logits after the last.
        var prefillSeconds = 0.0
        var prefillCPUSeconds = 0.0

        /// From `windowTokens` tokens to the loss of each.
        var lossSeconds = 0.0
        var lossCPUSeconds = 0.0

        /// `decodeTokens` tokens, greedily, after one.
        var decodeSeconds = 0.0
        var decodeCPUSeconds = 0.0
        var perplexity = 0.0
        var peakRSS = 0

        init(model: String, threads: Int) {
            self.model = model
            self.threads = threads
        }
    }
}
