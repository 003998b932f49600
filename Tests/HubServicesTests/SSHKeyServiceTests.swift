import HubCore
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct SSHKeyServiceTests {
    /// A key of the right form; nobody has its other half.
    private func key(_ seed: UInt8 = 1) throws -> SSHPublicKey {
        let bytes = [0, 0, 0, 11] + Array("ssh-ed25519".utf8) + [0, 0, 0, 32] + [UInt8](repeating: seed, count: 32)
        return try SSHPublicKey(parsing: "ssh-ed25519 \(base64(bytes)) laptop")
    }

    private func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).map { start + $0 < bytes.count ? Int(bytes[start + $0]) : 0 }
            let number = group[0] << 16 | group[1] << 8 | group[2]
            for index in 0..<4 {
                text.append(start + index <= bytes.count ? digits[number >> (18 - 6 * index) & 63] : "=")
            }
        }
        return text
    }

    @Test func `whoever has the key is its owner, with what a token of scope write allows`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let added = try await test.hub.sshKeys.add(key(), title: nil, by: alice)
        #expect(added.title == "laptop")
        #expect(try await test.hub.sshKeys.find(key()) == added.id)
        #expect(try await test.hub.sshKeys.find(key(2)) == nil)
        let caller = try await test.hub.sshKeys.authenticate(added.id)
        #expect(caller.user == alice.user)
        #expect(caller.scope == .write)
        #expect(try await test.hub.sshKeys.keys(of: alice).map(\.lastUsedAt) == [test.clock.seconds])
    }

    @Test func `a key is one person's, and whose is not told`() async throws {
        let test = try await TestHub()
        let (alice, bob) = (try await test.user("alice"), try await test.user("bob"))
        _ = try await test.hub.sshKeys.add(key(), title: "mine", by: alice)
        let taken = HubError.conflict("the key \(try key().fingerprint) is in use on this hub already")
        for caller in [alice, bob] {
            await #expect(throws: taken) { try await test.hub.sshKeys.add(key(), title: "mine too", by: caller) }
        }
    }

    @Test func `a token that may only read adds and removes no key`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let reader = try await test.user("alice", scope: .read)
        let added = try await test.hub.sshKeys.add(key(), title: nil, by: alice)
        await #expect(throws: HubError.self) { try await test.hub.sshKeys.add(key(2), title: nil, by: reader) }
        await #expect(throws: HubError.self) { try await test.hub.sshKeys.remove(added.id, by: reader) }
        await #expect(throws: HubError.self) { try await test.hub.sshKeys.add(key(2), title: nil, by: .anonymous) }
        #expect(try await test.hub.sshKeys.keys(of: reader).count == 1)
    }

    @Test func `a key goes with its owner, and can be somebody else's then`() async throws {
        let test = try await TestHub()
        let (alice, bob) = (try await test.user("alice"), try await test.user("bob"))
        let added = try await test.hub.sshKeys.add(key(), title: nil, by: alice)
        await #expect(throws: HubError.notFound("bob has no SSH key \(added.id)")) {
            try await test.hub.sshKeys.remove(added.id, by: bob)
        }
        #expect(try await test.hub.accounts.removeUser("alice"))
        await #expect(throws: HubError.self) { try await test.hub.sshKeys.authenticate(added.id) }
        _ = try await test.hub.sshKeys.add(key(), title: nil, by: bob)
    }

    @Test func `a token for git-lfs is confined to its repository and its direction`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", visibility: .private, by: alice)
        let other = try await test.repository("alice/other", by: alice)
        let token = try await test.hub.ssh.largeFileToken(.download, for: record.id, by: alice).token
        let caller = try await test.hub.largeFileGrants.authenticate(token)
        #expect(try await test.hub.access.repository(record.id, for: caller, as: .read) == record)
        await #expect(throws: HubError.self) {
            try await test.hub.access.repository(record.id, for: caller, as: .contribute)
        }
        await #expect(throws: HubError.repositoryNotFound("there is no model repository alice/other")) {
            try await test.hub.access.repository(other.id, for: caller, as: .read)
        }
        await #expect(throws: HubError.self) { try await test.hub.accounts.authenticate(token) }
        test.clock.advance(by: LargeFileGrants.lifetime + 61)
        await #expect(throws: HubError.self) { try await test.hub.largeFileGrants.authenticate(token) }
    }

    @Test func `what was given to a key is worth nothing once the key is removed`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", visibility: .private, by: alice)
        let pointer = try await test.upload([UInt8](repeating: 7, count: 5000), to: record, by: alice)
        try await test.push(["big.dat": pointer.text], to: record, by: alice)
        let added = try await test.hub.sshKeys.add(key(), title: nil, by: alice)
        let caller = try await test.hub.sshKeys.authenticate(added.id)
        let token = try await test.hub.ssh.largeFileToken(.download, for: record.id, by: caller).token
        let git = try await test.hub.largeFileGrants.authenticate(token)
        let plan = try await test.hub.lfs.plan(.download, [pointer], by: [], in: record, for: git)
        guard case .download(let link)? = plan.instructions.first else {
            Issue.record("there is no link")
            return
        }
        _ = try await test.hub.lfs.open(signature: link)
        try await test.hub.sshKeys.remove(added.id, by: alice)
        let gone = HubError.forbidden("the SSH key that this link or token was asked for with has been removed")
        await #expect(throws: gone) { try await test.hub.largeFileGrants.authenticate(token) }
        await #expect(throws: gone) { try await test.hub.lfs.open(signature: link) }
    }
}
