import ArgumentParser
import Foundation
import HubCore
import HubDatabase
import HubServices
import Logging

struct MirrorCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mirror", abstract: "Let repositories follow others; works while the hub runs.",
        subcommands: [Add.self, List.self, Remove.self, Run.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a repository follow another one; it is made if there is none.",
            discussion: "Example: hubd mirror add https://example.org/acme/tiny.git acme/tiny --every 6h --user alice")

        @Argument(help: "The http or https URL that git would clone.") var url: String
        @Argument(help: "owner/name, for another kind with datasets/, spaces/ or kernels/ in front.") var repository:
            String
        @Option(help: "Time between two runs: a number and s, m, h or d.") var every = "1h"
        @Option(help: "In whose name refs are moved; by default the owner.") var user: String?
        @Option(help: ArgumentHelp("A file with the token the upstream wants.", valueName: "file"))
        var tokenFile: String?
        @Option(help: "The user name the upstream wants beside the token.") var remoteUser: String?
        @Option(help: ArgumentHelp("The git-lfs server, if it is not where git-lfs looks.", valueName: "url"))
        var lfsURL: String?
        @Flag(help: "Let only members see the repository, if it is made.") var `private` = false
        @Flag(help: "Give up the branches and tags the repository has.") var replace = false
        @OptionGroup var data: DataOption

        func run() async throws {
            var wish = MirrorService.Wish(url: url)
            wish.lfsURL = lfsURL
            wish.user = user
            wish.remoteUser = remoteUser
            wish.token = try tokenFile.map(Self.token)
            wish.everySeconds = try Duration.parse(every)
            wish.replaces = replace
            wish.visibility = `private` ? .private : .public
            let mirror = try await data.mirrors().add(wish, to: try RepositoryID(withKind: repository))
            print("\(mirror.repository.id) follows \(mirror.url) every \(Duration.text(mirror.everySeconds)).")
        }

        private static func token(in file: String) throws -> String {
            guard let bytes = try? Data(contentsOf: URL(filePath: file)), bytes.count <= 10_000 else {
                throw HubError.invalid("the token file '\(file)' cannot be read")
            }
            return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the mirrors: repository, upstream, how often, in whose name, what became of the last run.")

        @OptionGroup var data: DataOption

        func run() async throws {
            let mirrors = try await data.mirrors().list()
            guard !mirrors.isEmpty else { return print("There are no mirrors.") }
            for mirror in mirrors {
                let login = mirror.hasToken ? "\twith a token" : ""
                print(
                    "\(mirror.repository.id)\t\(mirror.url)\tevery \(Duration.text(mirror.everySeconds))\t"
                        + "as \(mirror.user.name)\(login)\t\(mirror.lastResult ?? "not run yet")")
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a mirror go its own way; what it has stays.")

        @Argument(help: "The repository.") var repository: String
        @OptionGroup var data: DataOption

        func run() async throws {
            let id = try RepositoryID(withKind: repository)
            try await data.mirrors().remove(id)
            print("\(id) is no mirror any more.")
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a mirror now and say what came of it; a hub that runs does the work itself.")

        @Argument(help: "The repository.") var repository: String
        @OptionGroup var data: DataOption

        func run() async throws {
            let id = try RepositoryID(withKind: repository)
            let mirrors = try data.mirrors()
            let config = try data.configuration()
            let before = try await mirrors.hurry(id)
            let deadline = ContinuousClock.now + .seconds(config.mirrors.timeoutSeconds + 60)
            var mirror = before
            while mirror.runs == before.runs {
                guard ContinuousClock.now < deadline else {
                    throw HubError.unavailable("\(id) is not done yet; 'hubd mirror list' will tell")
                }
                if DataFolder(path: config.data).isLocked() {
                    try await Task.sleep(for: .milliseconds(200))
                } else {
                    try await runHere(config)
                }
                mirror = try await mirrors.show(id)
            }
            print("\(id): \(mirror.lastResult ?? "")")
            guard mirror.failures == 0 else { throw ExitCode(1) }
        }

        private func runHere(_ config: HubdConfig) async throws {
            var logger = Logger(label: "hubd")
            logger.logLevel = .warning
            let embedded = try await EmbeddedHub.open(config, logger: logger)
            try await embedded.hub.mirrorRunner.runNext()
            try embedded.database.close()
        }
    }
}

/// Lengths of time as people write them: `90s`, `15m`, `6h`, `1d`.
private enum Duration {
    private static let units: [(letter: Character, seconds: Int64)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]

    static func parse(_ text: String) throws -> Int64 {
        guard let unit = units.first(where: { $0.letter == text.last }), let number = Int64(text.dropLast()),
            (1...31_536_000).contains(number)
        else { throw HubError.invalid("'\(text)' is not a length of time; expected a number and s, m, h or d") }
        return number * unit.seconds
    }

    static func text(_ seconds: Int64) -> String {
        let unit = units.first { seconds % $0.seconds == 0 } ?? ("s", 1)
        return "\(seconds / unit.seconds)\(unit.letter)"
    }
}

extension RepositoryID {
    /// Parses `owner/name` of a model, or of another kind with its word in front.
    fileprivate init(withKind text: String) throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let kind = Kind.allCases.first(where: { $0.plural == parts[0] }) else {
            self = try RepositoryID(.model, parsing: text)
            return
        }
        self = try RepositoryID(kind, owner: String(parts[1]), name: String(parts[2]))
    }
}

extension DataOption {
    /// The mirrors of an existing hub, whether it runs or not.
    fileprivate func mirrors() throws -> MirrorService {
        MirrorService(database: try existingDatabase(), options: try configuration().mirrors)
    }
}
