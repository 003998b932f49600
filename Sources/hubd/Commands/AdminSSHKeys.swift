import ArgumentParser
import Foundation
import HubCore
import HubServices

struct SSHKeyCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh-key", abstract: "Manage the public keys by which people are known over SSH.",
        subcommands: [Add.self, List.self, Remove.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give somebody a public key.")

        @Argument(help: "Whose key it is.") var user: String
        @Argument(help: "The file that ends in .pub.") var file: String
        @Option(help: "A name to know it by; by default the comment in the key.") var title: String?
        @OptionGroup var data: DataOption

        func run() async throws {
            guard let contents = FileManager.default.contents(atPath: file) else {
                throw HubError.notFound("the file '\(file)' cannot be read")
            }
            let key = try SSHPublicKey(parsing: String(decoding: contents, as: UTF8.self))
            let record = try await data.sshKeys().add(key, title: title, to: user)
            print("Added key \(record.id) of \(user): '\(record.title)', \(key.fingerprint).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List somebody's keys: number, fingerprint, kind, title, when last used.")

        @Argument(help: "Whose keys they are.") var user: String
        @OptionGroup var data: DataOption

        func run() async throws {
            let records = try await data.sshKeys().keys(of: user)
            guard !records.isEmpty else { return print("\(user) has no SSH keys.") }
            for record in records {
                let use = record.lastUsedAt.map { "used \(Self.day($0))" } ?? "never used"
                print(
                    "\(record.id)\t\(record.key.fingerprint)\t\(record.key.kind.rawValue)\t\(record.title)\t\(use)")
            }
        }

        private static func day(_ seconds: Int64) -> String {
            Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601.year().month().day())
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a key away, at once.")

        @Argument(help: "Whose key it is.") var user: String
        @Argument(help: "Its number in 'hubd admin ssh-key list'.") var number: Int64
        @OptionGroup var data: DataOption

        func run() async throws {
            try await data.sshKeys().remove(number, of: user)
            print("Removed key \(number) of \(user).")
        }
    }
}

extension DataOption {
    /// The keys of an existing hub, whether it runs or not.
    fileprivate func sshKeys() throws -> SSHKeyService {
        SSHKeyService(database: try existingDatabase())
    }
}
