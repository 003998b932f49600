import Foundation
import HubCore
import HubServices
import Testing

/// Keys made by ssh-keygen, with the fingerprints it prints; those of security keys with the points of plain ones.
@Suite struct SSHPublicKeyTests {
    private static let sound = [
        (
            "ssh-ed25519",
            "AAAAC3NzaC1lZDI1NTE5AAAAIAe0+KdhhGNMVUGXKBPA7vT/7QBvA1OVv/XXNYTv/eXr",
            "SHA256:2ZBoryUcLoOSyqFiY3R33Id5V0zJ+5FGfDpdjH7AbmU"
        ),
        (
            "ecdsa-sha2-nistp256",
            "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFVs7Q/wa6wC+LXbmtVxVx7WRFDUCqcsJbIRWe"
                + "SFQGK0icQCFnvFAR4JxR4/i3IEkCLGgVH3VsIT1iABSySJwSM=",
            "SHA256:RYkG+1eZUNvLWbEOLzb+pKH0ARN9ZUrfQa05BQ6JLLc"
        ),
        (
            "ecdsa-sha2-nistp384",
            "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBB5xWEQwSginOhfrj/8+kYDLUUOWH5VIOCj9Vk"
                + "RUr/kKJaXuTgLVrscJyGQiNrZnAFekw+JU7Gbi5aT3leBbx6FInONmMHfp7mkyIn7W1Su92S6C40Gz75vDPMyUctqK"
                + "pw==",
            "SHA256:l0b/SsSdZXlNcuu7YreZYwyZi4KM2ILUsdp3yX4hNpI"
        ),
        (
            "ecdsa-sha2-nistp521",
            "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBADyg2RKqujoyEOcOKkLKy/4Wv06sy5FauVmYY"
                + "MmaRc19e0AUZhTLF1y3CwyuZYfLRgi8d+PUgBqvrdg+17PDes6RQH0cb62dvwwlOJaNlhRvbfiC4aMQ5WiZT9OQz1e"
                + "GmI8hL/u2Zeuh1IKCrRrge3Qt7Po65aEE9rTH4jD3DZ0t/P4Bg==",
            "SHA256:pJY36bVlA5wBWOlzLjDSBOPoaJn6wnvJfe1B9c1ESFQ"
        ),
        (
            "ssh-rsa",
            "AAAAB3NzaC1yc2EAAAADAQABAAABAQCeMULLs6nlGz54LzTDorSvT7cFo6qJwqOFWiGw5np7Ogu08q3C/GENqZt9hh"
                + "u/csToWex7yAo3nEg+6+CyfBnFwD3kN9/zaXWJyC+Gz/R43AWCBHcOwWgOxjUzekpt9WtvF6z8rXnGHBkT6a5Wbfqz"
                + "ErwttVz88vAeoj1zf0dVtnJ+H7TUpHbwGUC04OyqsQDs63Xzvq2U2EwD3XjcUvyFtoYOWJ6fkM2h3XnDkSW/jIMc+l"
                + "d36Ri9PYdLdqm5Yk/sBq3HTMA2LDK9FpAyt3ZiI+DEUsYK0ptk2rL3rOEs9dQP/aAbXQMThT9hroiCKmneLligaYW7"
                + "XsAesTsbUeWf",
            "SHA256:xdjRI1ZBUYZ9hBlnePHcWNGJhuNgS+9eNdQfSJ8Eyh4"
        ),
        (
            "sk-ssh-ed25519@openssh.com",
            "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAe0+KdhhGNMVUGXKBPA7vT/7QBvA1OVv/XXNYTv/eXrAA"
                + "AABHNzaDo=",
            "SHA256:HFEA8BnCw6unde/YLTmPy6okQhFydatsqLkF+rm7iUA"
        ),
        (
            "sk-ecdsa-sha2-nistp256@openssh.com",
            "AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABBBFVs7Q/wa6wC+LXbmt"
                + "VxVx7WRFDUCqcsJbIRWeSFQGK0icQCFnvFAR4JxR4/i3IEkCLGgVH3VsIT1iABSySJwSMAAAAEc3NoOg==",
            "SHA256:W7AvXq1lQ53eJcaX5HDTVieiiJCZnI6K1LVItoivNok"
        ),
    ]

    private static let short =
        "AAAAB3NzaC1yc2EAAAADAQABAAAAgQC9bMbUUwUC93NuoLJKRgU/w8VbF+DH7rG0oV0U6uwBWCJGYn2whbxIrbEDzQ"
        + "dA0Z9edu7ycL3BjuwJn6DUqstTDR6k2ZkM0qsuF6LcQQ45wRdJV8XwP1VF5ZKiGKB8+Pefb2NN3uoFmE2KHY/XlVkB"
        + "uZAXlyFyCEzdDezyeg8oBQ=="

    @Test(arguments: sound) func `a sound key has the fingerprint that ssh-keygen prints`(
        _ kind: String, _ base64: String, _ fingerprint: String
    ) throws {
        let key = try SSHPublicKey(parsing: "\(kind) \(base64) somebody at home\n")
        #expect(key.fingerprint == fingerprint)
        #expect(key.kind.rawValue == kind)
        #expect(key.base64 == base64)
        #expect(key.comment == "somebody at home")
    }

    @Test(arguments: sound) func `a key that is cut short or too long anywhere is refused`(
        _ kind: String, _ base64: String, _ fingerprint: String
    ) throws {
        let bytes = try #require(Data(base64Encoded: base64))
        for length in 0..<bytes.count {
            #expect(throws: HubError.self) { try Self.key(kind, bytes.prefix(length)) }
        }
        #expect(throws: HubError.self) { try Self.key(kind, bytes + [0]) }
        #expect(throws: HubError.self) { try Self.key(kind, bytes + bytes) }
    }

    @Test(arguments: sound) func `a key that says it is of another kind is refused`(
        _ kind: String, _ base64: String, _ fingerprint: String
    ) {
        for other in SSHPublicKey.Kind.allCases where other.rawValue != kind {
            #expect(throws: HubError.self) { try SSHPublicKey(kind: other.rawValue, base64: base64) }
        }
    }

    @Test func `an RSA key of 1024 bits is refused with how to make a better one`() {
        let sentence = "the RSA key has 1024 bits, and needs 2048; make one with: ssh-keygen -t ed25519"
        #expect(throws: HubError.invalid(sentence)) { try SSHPublicKey(kind: "ssh-rsa", base64: Self.short) }
    }

    @Test func `a length beyond the key allocates nothing and is refused`() {
        let bytes = Self.field(Array("ssh-ed25519".utf8)) + [0xFF, 0xFF, 0xFF, 0xFF] + [UInt8](repeating: 1, count: 32)
        #expect(throws: HubError.invalid("the key is cut short")) { try Self.key("ssh-ed25519", Data(bytes)) }
    }

    @Test(arguments: [
        [UInt8](repeating: 0xFF, count: 256), [0, 0] + [UInt8](repeating: 0xFF, count: 256),
        [0] + [UInt8](repeating: 0xFE, count: 256), [],
    ]) func `a modulus that is negative, padded, even or nothing is refused`(_ modulus: [UInt8]) {
        let bytes = Self.field(Array("ssh-rsa".utf8)) + Self.field([1, 0, 1]) + Self.field(modulus)
        #expect(throws: HubError.self) { try Self.key("ssh-rsa", Data(bytes)) }
    }

    @Test(arguments: [
        "", "ssh-ed25519", "ssh-dss AAAAB3NzaC1kc3M=", "ssh-ed25519 ?", "-----BEGIN OPENSSH PRIVATE KEY-----",
        "ssh-ed25519 AAAA\nssh-ed25519 AAAA", "command=\"id\" ssh-ed25519 AAAA",
    ]) func `what is no line of a public key is refused`(_ line: String) {
        #expect(throws: HubError.self) { try SSHPublicKey(parsing: line) }
    }

    private static func key(_ kind: String, _ bytes: Data) throws -> SSHPublicKey {
        try SSHPublicKey(kind: kind, base64: bytes.base64EncodedString())
    }

    private static func field(_ bytes: [UInt8]) -> [UInt8] {
        [0, 0, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
    }
}
