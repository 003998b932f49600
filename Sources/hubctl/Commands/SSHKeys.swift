import ArgumentParser
import Foundation
import HubAPI
import HubClient
import HubCore

struct SSHKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh-key", abstract: "Manage the public keys by which the hub knows you over SSH.",
        subcommands: [Add.self, List.self, Remove.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give the hub a public key.", discussion: "Example: hubctl ssh-key add ~/.ssh/id_ed25519.pub")

        @Argument(help: "The file that ends in .pub; '-' reads the key from standard input.") var file: String
        @Option(help: "A name to know it by; by default the comment in the key.") var title: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let line = try read()
            let body = try await Session().call { try await $0.addSSHKey(line, title: title) }
            if json { return try Terminal.print(json: body) }
            print("Added the key '\(body.title)', \(body.fingerprint).")
        }

        private func read() throws -> String {
            guard file != "-" else {
                return String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
            }
            guard let data = FileManager.default.contents(atPath: file) else {
                throw HubError.notFound("the file '\(file)' cannot be read")
            }
            return String(decoding: data, as: UTF8.self)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List your keys.")

        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let bodies = try await Session().call { try await $0.sshKeys() }
            if json { return try Terminal.print(json: bodies) }
            for body in bodies {
                let use = body.lastUsedAt.map { "used \($0)" } ?? "never used"
                print("\(body.fingerprint)\t\(body.type)\t\(body.title)\t\(use)")
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a key away from the hub.")

        @Argument(help: "Its fingerprint or title in 'hubctl ssh-key list'.") var key: String

        func run() async throws {
            let session = try Session()
            let bodies = try await session.call { try await $0.sshKeys() }
            let exact = bodies.filter { $0.fingerprint == key || $0.id == key }
            let found = exact.isEmpty ? bodies.filter { $0.title == key } : exact
            guard let body = found.first else { throw HubError.notFound("you have no key '\(key)'") }
            guard found.count == 1 else {
                throw HubError.conflict("several keys are called '\(key)'; name one by its fingerprint")
            }
            try await session.call { try await $0.removeSSHKey(body.id) }
            print("Removed the key '\(body.title)', \(body.fingerprint).")
        }
    }
}
