package import HubAPI
import NIOHTTP1

extension HubConnection {
    /// The caller's SSH keys.
    package func sshKeys() async throws -> [SSHKeyBody] { try await get(["api", "settings", "ssh-keys"]) }

    /// Gives the hub a public key: the line of a `.pub` file.
    package func addSSHKey(_ line: String, title: String?) async throws -> SSHKeyBody {
        try await call(
            .POST, ["api", "settings", "ssh-keys"], body: CreateSSHKeyBody(key: line, title: title))
    }

    package func removeSSHKey(_ id: String) async throws {
        try await perform(.DELETE, ["api", "settings", "ssh-keys", id])
    }
}
