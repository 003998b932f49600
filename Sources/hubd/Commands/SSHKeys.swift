import ArgumentParser
import Foundation
import HubCore
import HubDatabase
import HubServices

struct SSHKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh-keys",
        abstract: "Tell sshd whether a public key is known (AuthorizedKeysCommand).",
        discussion: """
            Prints the one line of authorized_keys that lets a known key in, to nothing but 'hubd ssh-serve', and \
            nothing for a key the hub does not know. A wrong configuration exits with a code other than 0, which sshd \
            logs; the sentence is to be had by running the command by hand. In sshd_config:

              AuthorizedKeysCommand /usr/local/bin/hubd ssh-keys %t %k --data /var/lib/hubd
            """
    )

    @Argument(help: "The key's kind: %t of sshd.") var kind: String
    @Argument(help: "The key in base64: %k of sshd.") var key: String
    @OptionGroup var data: DataOption

    func run() async throws {
        // Looked at first: sshd logs that a command failed, and then it must have been for a reason of the hub's.
        let folder = try data.existingFolder()
        // sshd asks for every key a client offers; one that the hub would never take is simply not known.
        guard let key = try? SSHPublicKey(kind: kind, base64: key) else { return }
        let database = try SQLiteDatabase(readingFrom: folder.database)
        let found = try await SSHKeyService(database: database).find(key)
        try database.close()
        guard let found else { return }
        print("restrict,command=\"\(try command(for: found))\" \(key.kind.rawValue) \(key.base64)")
    }

    /// The command as sshd reads it: quoted for the shell it is handed to, and then for the file.
    private func command(for key: Int64) throws -> String {
        var words = [try Self.program(), "ssh-serve", "--key", "\(key)"]
        if let path = data.path { words += ["--data", Self.absolute(path)] }
        if let config = data.config { words += ["--config", Self.absolute(config)] }
        let line = words.map(Self.quoted).joined(separator: " ")
        guard line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw HubError.invalid("a path with a control character in it cannot stand in authorized_keys")
        }
        return line.replacing("\"", with: "\\\"")
    }

    private static func program() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }

    private static func absolute(_ path: String) -> String { URL(filePath: path).standardizedFileURL.path }

    private static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
                || "-_./".utf8.contains(byte)
        }
        return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
