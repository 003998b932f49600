import ArgumentParser

/// Measures the hub's engines and prints JSON, one object a line.
@main
struct HubBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hub-bench",
        abstract: "Measure the hub's engines.",
        subcommands: [
            // One a file, `…Bench.swift`.
            ChunkBench.self,
            HashBench.self,
            InferenceBench.self,
        ]
    )
}
