import ArgumentParser
import HubCore

@main
struct Hubd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hubd",
        abstract: "A hub for machine-learning models: git history, chunked weights, validated revisions.",
        discussion: """
            Start a hub on this machine:

              hubd serve --data hub-data --listen 127.0.0.1:8080

            The first start prints the administrator's token; give it to 'hubctl login'.
            """,
        version: HubVersion.current,
        subcommands: [Serve.self, Admin.self, Doctor.self]
    )
}

/// Where the data folder is; shared by all commands.
struct DataOption: ParsableArguments {
    @Option(name: .customLong("data"), help: ArgumentHelp("The hub's data folder.", valueName: "dir"))
    var path: String?

    @Option(help: ArgumentHelp("A JSON file with options; see docs/operating.md.", valueName: "file"))
    var config: String?

    func configuration(overriding more: [String: String?] = [:]) async throws -> HubdConfig {
        let overrides = more.merging(["data": path]) { one, _ in one }.compactMapValues { $0 }
        return try await HubdConfig.read(file: config, overrides: overrides)
    }
}
