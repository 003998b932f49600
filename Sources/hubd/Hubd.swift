import ArgumentParser
import HubCore
import HubDatabase

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
        subcommands: [Serve.self, Admin.self, MirrorCommands.self, Doctor.self, SSHKeys.self, SSHServe.self]
    )
}

/// Where the data folder is; shared by all commands.
struct DataOption: ParsableArguments {
    @Option(name: .customLong("data"), help: ArgumentHelp("The hub's data folder.", valueName: "dir"))
    var path: String?

    @Option(help: ArgumentHelp("A JSON file with options; see docs/operating.md.", valueName: "file"))
    var config: String?

    /// The data folder, in which a hub must have been started before.
    func existingFolder() throws -> DataFolder {
        let folder = DataFolder(path: try configuration().data)
        try folder.requireDatabase()
        return folder
    }

    /// The database of an existing hub, whether it runs or not.
    func existingDatabase() throws -> SQLiteDatabase {
        try SQLiteDatabase(path: try existingFolder().database)
    }

    func configuration(overriding more: [String: String?] = [:]) throws -> HubdConfig {
        let overrides = more.merging(["data": path]) { one, _ in one }.compactMapValues { $0 }
        return try HubdConfig.read(file: config, overrides: overrides)
    }
}
