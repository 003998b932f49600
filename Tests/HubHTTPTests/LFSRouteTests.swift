import Crypto
import HTTPTypes
import HubAPI
import HubChunks
import HubCore
import HubHTTP
import HubServices
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@Suite struct LFSRouteTests {
    /// Somebody who sends one file.
    struct Sender {
        let client: any TestClientProtocol
        let token: String
        let bytes: [UInt8]

        var oid: String {
            SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }

        func batch(
            _ transfers: [String], operation: String = "upload"
        ) async throws -> (transfer: String, object: LFSBatchResultBody.Object) {
            let body =
                #"{"operation":"\#(operation)","transfers":\#(transfers),"hash_algo":"sha256","#
                + #""ref":{"name":"main"},"objects":[{"oid":"\#(oid)","size":\#(bytes.count)}]}"#
            let answer = try await client.execute(
                uri: "/alice/model.git/info/lfs/objects/batch", method: .post,
                headers: [.authorization: "Bearer \(token)"], body: ByteBuffer(string: body))
            try #require(answer.status == .ok, "\(String(buffer: answer.body))")
            let result = try answer.decoded(LFSBatchResultBody.self)
            return (result.transfer, try #require(result.objects.first))
        }

        func follow(
            _ method: HTTPRequest.Method, _ url: String, _ body: ByteBuffer, headers: HTTPFields = [:]
        ) async throws -> TestResponse {
            let place = try #require(url.firstRange(of: "/lfs/"))
            return try await client.execute(
                uri: String(url[place.lowerBound...]), method: method, headers: headers, body: body)
        }
    }

    func with(
        _ bytes: [UInt8], partBytes: Int? = nil, _ body: @escaping @Sendable (Sender, TestHub) async throws -> Void
    ) async throws {
        var limits = HubLimits()
        if let partBytes { limits.lfsPartBytes = partBytes }
        let test = try await TestHub(limits: limits)
        _ = try await test.repository("alice/model", by: try await test.user("alice"))
        let token = try await test.hub.accounts.createToken(for: "alice", name: "t", scope: .write).text
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            try await body(Sender(client: client, token: token, bytes: bytes), test)
        }
    }

    @Test func `a file is sent, verified, and not asked for again`() async throws {
        try await with(Array("some weights".utf8)) { sender, _ in
            let upload = try #require(try await sender.batch(["basic", "multipart"]).object.actions)
            let href = try #require(upload.upload?.href)
            let verify = try #require(upload.verify?.href)
            let question = ByteBuffer(string: #"{"oid":"\#(sender.oid)","size":\#(sender.bytes.count)}"#)
            #expect(try await sender.follow(.post, verify, question).status == .notFound)
            for _ in 0..<2 {
                let sent = try await sender.follow(.put, href, ByteBuffer(bytes: sender.bytes))
                #expect(sent.status == .ok)
            }
            #expect(try await sender.follow(.post, verify, question).status == .ok)
            #expect(try await sender.batch(["basic"]).object.actions == nil)
        }
    }

    @Test(arguments: ["other weights", "some weight", "some weights!"])
    func `bytes that are not the announced ones are refused`(_ text: String) async throws {
        try await with(Array("some weights".utf8)) { sender, _ in
            let href = try #require(try await sender.batch(["basic"]).object.actions?.upload?.href)
            let answer = try await sender.follow(.put, href, ByteBuffer(string: text))
            #expect((400..<500).contains(answer.status.code))
            let again = try await sender.batch(["basic"])
            #expect(again.object.actions != nil)
        }
    }

    @Test func `a large file comes in parts, in any order, some of them twice`() async throws {
        let bytes = try XetUpload(seed: 5, count: 250_000).bytes
        try await with(bytes, partBytes: 100_000) { sender, test in
            let (transfer, object) = try await sender.batch(["basic", "multipart"])
            #expect(transfer == "multipart")
            let upload = try #require(object.actions?.upload)
            let header = try #require(upload.header)
            #expect(header["chunk_size"] == "100000")
            #expect(Set(header.keys) == ["chunk_size", "00001", "00002", "00003"])
            var etags: [Int: String] = [:]
            for part in [3, 1, 2, 1] {
                let slice = bytes[(part - 1) * 100_000..<min(bytes.count, part * 100_000)]
                let answer = try await sender.follow(
                    .put, try #require(header["0000\(part)"]), ByteBuffer(bytes: slice))
                #expect(answer.status == .ok)
                etags[part] = answer.headers[.eTag]
            }
            func completion(_ parts: [Int]) -> ByteBuffer {
                let list = parts.map {
                    #"{"partNumber":\#($0),"etag":"\#(etags[$0, default: ""].replacing("\"", with: "\\\""))"}"#
                }
                return ByteBuffer(string: #"{"oid":"\#(sender.oid)","parts":[\#(list.joined(separator: ","))]}"#)
            }
            #expect(try await sender.follow(.post, upload.href, completion([1, 2])).status == .badRequest)
            #expect(try await sender.follow(.post, upload.href, completion([1, 3])).status == .badRequest)
            for _ in 0..<2 {
                #expect(try await sender.follow(.post, upload.href, completion([1, 2, 3])).status == .ok)
            }
            let digest = try ContentDigest(parsing: sender.oid)
            #expect(try await test.content.open(digest).read(0..<bytes.count) == bytes)
            #expect(try await sender.batch(["basic", "multipart"]).object.actions == nil)
        }
    }

    @Test func `a client that knows no parts sends a large file whole`() async throws {
        try await with([UInt8](repeating: 7, count: 1000), partBytes: 100) { sender, _ in
            let (transfer, object) = try await sender.batch(["basic"])
            #expect(transfer == "basic")
            #expect(object.actions?.upload?.header == nil)
        }
    }

    @Test func `a part someone else has sent is no part of mine`() async throws {
        let bytes = try XetUpload(seed: 6, count: 150_000).bytes
        try await with(bytes, partBytes: 100_000) { sender, test in
            let bob = try await test.user("bob")
            let elsewhere = try await test.repository("bob/secret", visibility: .private, by: bob)
            let first = try await test.upload(Array(bytes.prefix(100_000)), to: elsewhere, by: bob)
            let second = try await test.upload(Array(bytes.dropFirst(100_000)), to: elsewhere, by: bob)
            let upload = try #require(try await sender.batch(["multipart"]).object.actions?.upload)
            let body =
                #"{"oid":"\#(sender.oid)","parts":[{"partNumber":1,"etag":"\#(first.digest.hex)"},"#
                + #"{"partNumber":2,"etag":"\#(second.digest.hex)"}]}"#
            let answer = try await sender.follow(.post, upload.href, ByteBuffer(string: body))
            #expect(answer.status == .badRequest)
            #expect(String(buffer: answer.body).contains("part 1 was not sent"))
        }
    }

    @Test func `a link does one thing only`() async throws {
        try await with(Array("some weights".utf8)) { sender, _ in
            let actions = try #require(try await sender.batch(["basic"]).object.actions)
            let upload = try #require(actions.upload?.href)
            let verify = try #require(actions.verify?.href)
            let body = ByteBuffer(bytes: sender.bytes)
            let swapped = verify.replacing("/lfs/verify/", with: "/lfs/objects/")
            #expect(try await sender.follow(.put, swapped, body).status == .forbidden)
            #expect(try await sender.follow(.get, upload, ByteBuffer()).status == .forbidden)
            #expect(try await sender.follow(.put, String(upload.dropLast(3)), body).status == .unauthorized)
            #expect(try await sender.follow(.put, "/lfs/objects/\(sender.oid)", body).status == .unauthorized)
        }
    }

    @Test func `git-xet is told the CAS, what opens it, and where the next token is`() async throws {
        try await with(Array("some weights".utf8)) { sender, test in
            let (transfer, object) = try await sender.batch(["basic", "lfs-standalone-file", "xet"])
            #expect(transfer == "xet")
            let upload = try #require(object.actions?.upload)
            let header = try #require(upload.header)
            #expect(Set(header.keys) == ["X-Xet-Cas-Url", "X-Xet-Access-Token", "X-Xet-Token-Expiration"])
            #expect(try #require(header["X-Xet-Cas-Url"]).contains("/xet/1"))
            #expect(Int(try #require(header["X-Xet-Token-Expiration"])) != nil)
            #expect(object.actions?.verify != nil)
            let place = try #require(upload.href.firstRange(of: "/api/"))
            let answer = try await sender.client.execute(
                uri: String(upload.href[place.lowerBound...]), method: .get,
                headers: [.authorization: "Bearer \(sender.token)"])
            let token = try answer.decoded(XetTokenBody.self)
            #expect(token.casUrl == header["X-Xet-Cas-Url"])
            _ = try await test.hub.xet.grant(token.accessToken, writing: true)
            _ = try await test.hub.xet.grant(try #require(header["X-Xet-Access-Token"]), writing: true)
            // It fetches nothing this way.
            #expect(try await sender.batch(["xet", "basic"], operation: "download").transfer == "basic")
        }
    }

    @Test func `who may only propose goes on uploading in chunks with a new token`() async throws {
        try await with(Array("some weights".utf8)) { sender, test in
            _ = try await test.user("bob")
            let token = try await test.hub.accounts.createToken(for: "bob", name: "t", scope: .write).text
            let bob = Sender(client: sender.client, token: token, bytes: sender.bytes)
            let header = try #require(try await bob.batch(["hub"]).object.actions?.upload?.header)
            let route = try #require(header["X-Xet-Refresh-Route"])
            let place = try #require(route.firstRange(of: "/api/"))
            let answer = try await sender.client.execute(
                uri: String(route[place.lowerBound...]), method: .get, headers: [.authorization: "Bearer \(token)"])
            #expect(answer.status == .ok)
        }
    }
}
