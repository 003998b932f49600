import Foundation
import HubCore

/// The git on this machine, for what only its own configuration can say.
enum StockGit {
    /// What a command prints, without the final newline; nil if it fails.
    static func ask(_ arguments: String...) throws -> String? {
        let (status, output) = try run(arguments)
        return status == 0 ? output : nil
    }

    /// Writes a value of git's configuration: of this user, or of the repository around.
    static func configure(_ key: String, _ value: String, isLocal: Bool = false) throws {
        try succeed(["config", isLocal ? "--local" : "--global", "--replace-all", key, value], key)
    }

    /// Takes a section of git's configuration away, if it is there.
    static func removeSection(_ name: String, isLocal: Bool = false) throws {
        _ = try run(["config", isLocal ? "--local" : "--global", "--remove-section", name])
    }

    private static func succeed(_ arguments: [String], _ key: String) throws {
        let (status, _) = try run(arguments)
        guard status == 0 else {
            throw HubError.invalid(
                "git cannot write '\(key)' into its configuration; try 'git \(arguments.joined(separator: " "))'")
        }
    }

    private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        var text = String(decoding: data, as: UTF8.self)
        if text.hasSuffix("\n") { text.removeLast() }
        return (process.terminationStatus, text)
    }

    /// The same for a shell to read.
    static var shellWord: String {
        hubctl == "hubctl" ? hubctl : "'" + hubctl.replacing("'", with: "'\\''") + "'"
    }

    /// How a configuration that is used from any folder calls this program.
    ///
    /// By its name if that leads to it, so that it may be moved; else by its path.
    static var hubctl: String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "hubctl"
        for folder in (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") {
            let candidate = "\(folder)/hubctl"
            guard FileManager.default.isExecutableFile(atPath: candidate) else { continue }
            return URL(fileURLWithPath: candidate).resolvingSymlinksInPath().path == own ? "hubctl" : own
        }
        return own
    }
}
