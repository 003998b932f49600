import Crypto
import Foundation
import HTTPTypes
import HubAPI
import HubChunks
import HubCore
import HubDatabase
import HubServices
import HubServicesTestSupport
import HummingbirdTesting
import NIOCore
import Testing

@Suite struct LFSMultipartBasicTests {
    typealias Sender = LFSRouteTests.Sender
    typealias Action = LFSBatchResultBody.Action

    private static let partSize = 100_000

    private func with(_ body: @escaping @Sendable (Sender, TestHub) async throws -> Void) async throws {
        let bytes = try XetUpload(seed: 15, count: 250_000).bytes
        try await LFSRouteTests().with(bytes, partBytes: Self.partSize, body)
    }

    private func actions(_ sender: Sender) async throws -> LFSBatchResultBody.Actions {
        let (transfer, object) = try await sender.batch(["multipart-basic", "basic"])
        try #require(transfer == "multipart-basic")
        return try #require(object.actions)
    }

    private func send(
        _ part: Action, of bytes: [UInt8], _ sender: Sender, headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        let position = try #require(part.pos)
        let end = position + (try #require(part.size))
        return try await sender.follow(
            .put, part.href, ByteBuffer(bytes: bytes[position..<min(end, bytes.count)]), headers: headers)
    }

    private func post(_ action: Action?, _ sender: Sender) async throws -> TestResponse {
        try await sender.follow(.post, try #require(action?.href), ByteBuffer())
    }

    @Test(arguments: [["multipart-basic", "basic"], ["basic", "multipart-basic"], ["multipart-basic"]])
    func `whoever offers it is told each part, whatever the order`(_ transfers: [String]) async throws {
        try await with { sender, _ in
            let (transfer, object) = try await sender.batch(transfers)
            #expect(transfer == "multipart-basic")
            let actions = try #require(object.actions)
            #expect(actions.upload == nil && actions.download == nil)
            let parts = try #require(actions.parts)
            #expect(parts.map(\.pos) == [0, 100_000, 200_000])
            #expect(parts.map(\.size) == [100_000, 100_000, 50_000])
            #expect(parts.allSatisfy { $0.want_digest == "contentMD5" && $0.expires_in == 3600 })
            #expect(actions.commit != nil && actions.abort != nil && actions.verify != nil)
        }
    }

    @Test(arguments: [
        (["basic"], "basic"), (["multipart", "multipart-basic"], "multipart"), (["xet", "multipart-basic"], "xet"),
    ])
    func `whoever does not, or knows another way too, is told what they were told before`(
        _ transfers: [String], _ expected: String
    ) async throws {
        try await with { sender, _ in
            let told = try await sender.batch(transfers)
            #expect(told.transfer == expected)
        }
    }

    @Test func `a file of one part goes whole, and what is there is fetched whole`() async throws {
        try await LFSRouteTests().with(Array("some weights".utf8), partBytes: Self.partSize) { sender, test in
            let told = try await sender.batch(["multipart-basic", "basic"])
            #expect(told.transfer == "basic")
        }
        try await with { sender, test in
            let alice = try await test.user("alice")
            let record = try await test.hub.access.repository(
                RepositoryID(.model, parsing: "alice/model"), for: alice, as: .read)
            _ = try await test.upload(sender.bytes, to: record, by: alice)
            let (transfer, object) = try await sender.batch(["multipart-basic", "basic"], operation: "download")
            #expect(transfer == "basic" && object.actions?.download != nil)
        }
    }

    @Test func `parts come in any order, some twice, and are one file then`() async throws {
        try await with { sender, test in
            let actions = try await actions(sender)
            let parts = try #require(actions.parts)
            for index in [2, 0, 1, 0] { #expect(try await send(parts[index], of: sender.bytes, sender).status == .ok) }
            for _ in 0..<2 { #expect(try await post(actions.commit, sender).status == .ok) }
            let question = ByteBuffer(string: #"{"oid":"\#(sender.oid)","size":\#(sender.bytes.count)}"#)
            #expect(try await sender.follow(.post, try #require(actions.verify?.href), question).status == .ok)
            let digest = try ContentDigest(parsing: sender.oid)
            #expect(try await test.content.open(digest).read(0..<sender.bytes.count) == sender.bytes)
            #expect(try await sender.batch(["multipart-basic", "basic"]).object.actions == nil)
            #expect(try await rows(test) == 0)
        }
    }

    @Test func `only what is missing is asked for again, and a commit before that is a conflict`() async throws {
        try await with { sender, _ in
            let first = try await actions(sender)
            let parts = try #require(first.parts)
            for index in [0, 2] { #expect(try await send(parts[index], of: sender.bytes, sender).status == .ok) }
            let early = try await post(first.commit, sender)
            #expect(early.status == .conflict)
            #expect(
                String(buffer: early.body).contains(
                    "1 of the file's 3 parts did not come yet, the first of them part 2"))
            let second = try await actions(sender)
            #expect(second.parts?.map(\.pos) == [100_000])
            #expect(try await send(try #require(second.parts?.first), of: sender.bytes, sender).status == .ok)
            #expect(try await actions(sender).parts?.isEmpty == true)
            #expect(try await post(second.commit, sender).status == .ok)
        }
    }

    @Test(arguments: [-1, 1]) func `a part of another length is refused and is still missing`(
        _ difference: Int
    ) async throws {
        try await with { sender, _ in
            let part = try #require(try await actions(sender).parts?.first)
            let bytes = sender.bytes[0..<Self.partSize + difference]
            let answer = try await sender.follow(.put, part.href, ByteBuffer(bytes: bytes))
            #expect((400..<500).contains(answer.status.code))
            #expect(try await actions(sender).parts?.count == 3)
        }
    }

    @Test(arguments: [
        ("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="), ("Content-MD5", "nonsense"), ("Digest", "SHA-256=nonsense"),
        ("Digest", "sha-256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), ("Digest", "no digest"),
        ("Digest", "UNIXsum=30637, MD5=AAAAAAAAAAAAAAAAAAAAAA=="),
    ])
    func `a part that is not what its header says is refused in a sentence`(
        _ name: String, _ value: String
    ) async throws {
        try await with { sender, _ in
            let part = try #require(try await actions(sender).parts?.first)
            let field = try #require(HTTPField.Name(name))
            let answer = try await send(part, of: sender.bytes, sender, headers: [field: value])
            #expect(answer.status == .badRequest)
            #expect(try answer.decoded(LFSErrorBody.self).message.count > 20)
            #expect(try await actions(sender).parts?.count == 3)
        }
    }

    @Test func `a part that is what its headers say is taken`() async throws {
        try await with { sender, _ in
            let part = try #require(try await actions(sender).parts?.first)
            let bytes = sender.bytes[0..<Self.partSize]
            let md5 = Data(Insecure.MD5.hash(data: bytes)).base64EncodedString()
            let sha = Data(SHA256.hash(data: bytes)).base64EncodedString()
            let answer = try await send(
                part, of: sender.bytes, sender,
                headers: [
                    try #require(HTTPField.Name("Content-MD5")): md5,
                    try #require(HTTPField.Name("Digest")): "SHA-256=\(sha),UNIXsum=30637",
                ])
            #expect(answer.status == .ok)
        }
    }

    @Test func `parts that are another file are refused together and all asked for again`() async throws {
        try await with { sender, _ in
            let first = try await actions(sender)
            var wrong = sender.bytes
            wrong[120_000] ^= 1
            for part in try #require(first.parts) { #expect(try await send(part, of: wrong, sender).status == .ok) }
            let refused = try await post(first.commit, sender)
            #expect(
                refused.status == .badRequest
                    && String(buffer: refused.body).contains("parts together have the SHA-256"))
            let second = try await actions(sender)
            #expect(second.parts?.count == 3)
            for part in try #require(second.parts) { _ = try await send(part, of: sender.bytes, sender) }
            #expect(try await post(second.commit, sender).status == .ok)
        }
    }

    @Test func `an upload that is given up leaves nothing to go on from`() async throws {
        try await with { sender, test in
            let first = try await actions(sender)
            for part in try #require(first.parts).prefix(2) { _ = try await send(part, of: sender.bytes, sender) }
            for _ in 0..<2 { #expect(try await post(first.abort, sender).status == .ok) }
            #expect(try await post(first.commit, sender).status == .conflict)
            #expect(try await actions(sender).parts?.count == 3)
            #expect(try await rows(test) == 0)
        }
    }

    @Test func `giving up an upload takes nothing from another upload of the same bytes`() async throws {
        try await with { sender, _ in
            let parted = try await actions(sender)
            let part = try #require(parted.parts?.first)
            _ = try await send(part, of: sender.bytes, sender)
            let bytes = Array(sender.bytes.prefix(100_000))
            let same = LFSRouteTests.Sender(client: sender.client, token: sender.token, bytes: bytes)
            let (_, before) = try await same.batch(["basic"])
            #expect(before.actions?.upload == nil, "the part is here already")

            #expect(try await post(parted.abort, sender).status == .ok)

            let (_, after) = try await same.batch(["basic"])
            #expect(after.actions?.upload == nil, "and stays")
        }
    }

    @Test func `parts of an upload that nobody finishes are forgotten in the end`() async throws {
        try await with { sender, test in
            for part in try #require(try await actions(sender).parts).prefix(2) {
                _ = try await send(part, of: sender.bytes, sender)
            }
            #expect(try await test.hub.sweeper.forgetParts() == 0)
            test.clock.advance(by: 24 * 3600)
            #expect(try await test.hub.sweeper.forgetParts() == 2)
        }
    }

    @Test func `what one has sent is neither another's nor another repository's, and goes with the repository`()
        async throws
    {
        try await with { sender, test in
            for part in try #require(try await actions(sender).parts) {
                _ = try await send(part, of: sender.bytes, sender)
            }
            _ = try await test.user("bob")
            let token = try await test.hub.accounts.createToken(for: "bob", name: "t", scope: .write).text
            let other = Sender(client: sender.client, token: token, bytes: sender.bytes)
            #expect(try await actions(other).parts?.count == 3)
            let alice = try await test.user("alice")
            try await test.hub.repositories.delete(RepositoryID(.model, parsing: "alice/model"), by: alice)
            #expect(try await rows(test) == 0)
        }
    }

    @Test func `each link does one thing only`() async throws {
        try await with { sender, _ in
            let actions = try await actions(sender)
            let part = try #require(actions.parts?.first)
            let commit = try #require(actions.commit?.href)
            let places = [(commit, "join", "abort"), (commit, "join", "complete"), (part.href, "parts", "join")]
            for (href, from, to) in places {
                let answer = try await sender.follow(
                    .post, href.replacing("/lfs/\(from)/", with: "/lfs/\(to)/").replacing("/1?", with: "?"),
                    ByteBuffer(string: #"{"oid":"\#(sender.oid)","parts":[]}"#))
                #expect(answer.status == .forbidden)
            }
        }
    }

    private func rows(_ test: TestHub) async throws -> Int? {
        try await test.database.read { connection in try connection.queryOne("SELECT COUNT(*) FROM lfs_part")?.int(0) }
    }
}
