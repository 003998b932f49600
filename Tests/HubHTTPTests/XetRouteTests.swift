import HTTPTypes
import HubAPI
import HubChunks
import HubCore
import HubHTTP
import HubServices
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Testing

@Suite struct XetTokenTests {
    @Test(arguments: ["main", "None", "refs%2Fpr%2F1", "main?create_pr=1", "None?create_pr=1", "main?create_pr=true"])
    func `a token stands in the body and in the headers`(_ revision: String) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        _ = try await test.repository("alice/model", by: alice)
        let token = try await test.hub.accounts.createToken(for: "alice", name: "t", scope: .write).text
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            for kind in ["read", "write"] {
                let answer = try await client.execute(
                    uri: "/api/models/alice/model/xet-\(kind)-token/\(revision)", method: .get,
                    headers: [.authorization: "Bearer \(token)"])
                #expect(answer.status == .ok)
                let body = try answer.decoded(XetTokenBody.self)
                #expect(body.casUrl.hasSuffix("/xet/1"))
                #expect(answer.headers[try #require(HTTPField.Name("X-Xet-Access-Token"))] == body.accessToken)
                #expect(answer.headers[try #require(HTTPField.Name("X-Xet-Token-Expiration"))] == "\(body.exp)")
                #expect(answer.headers[try #require(HTTPField.Name("X-Xet-Cas-Url"))] == body.casUrl)
            }
        }
    }

    @Test(arguments: [
        ("main", HTTPResponse.Status.forbidden), ("main?create_pr=1", .ok), ("refs%2Fpr%2F7", .ok),
    ])
    func `a reader gets a token to write only for a proposal`(
        _ revision: String, _ status: HTTPResponse.Status
    ) async throws {
        let test = try await TestHub()
        _ = try await test.repository("alice/model", by: try await test.user("alice"))
        _ = try await test.user("bob")
        let token = try await test.hub.accounts.createToken(for: "bob", name: "t", scope: .write).text
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let answer = try await client.execute(
                uri: "/api/models/alice/model/xet-write-token/\(revision)", method: .get,
                headers: [.authorization: "Bearer \(token)"])
            #expect(answer.status == status)
        }
    }

    @Test func `nobody and a token that reads get no token to write`() async throws {
        let test = try await TestHub()
        _ = try await test.repository("alice/model", by: try await test.user("alice"))
        let token = try await test.hub.accounts.createToken(for: "alice", name: "t", scope: .read).text
        let path = "/api/models/alice/model/xet-write-token/main?create_pr=1"
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            #expect(try await client.execute(uri: path, method: .get).status == .unauthorized)
            let reading = try await client.execute(
                uri: path, method: .get, headers: [.authorization: "Bearer \(token)"])
            #expect(reading.status == .forbidden)
        }
    }

    @Test(arguments: ["/api/buckets/alice/b/xet-read-token", "/api/buckets/alice/b/xet-write-token"])
    func `buckets do not exist`(_ path: String) async throws {
        let test = try await TestHub()
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let answer = try await client.execute(uri: path, method: .get)
            #expect(answer.status == .notFound)
        }
    }

    @Test(arguments: [("1", HTTPResponse.Status.notFound), ("0", .notFound), ("2", .notFound), ("x", .notFound)])
    func `the CAS answers below its own epoch only`(_ epoch: String, _ status: HTTPResponse.Status) async throws {
        let test = try await TestHub()
        _ = try await test.repository("alice/model", by: try await test.user("alice"))
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let alice = try await XetCaller(client, test, "alice", in: "alice/model")
            let answer = try await client.execute(
                uri: "/xet/\(epoch)/v1/chunks/default/\(String(repeating: "0", count: 64))", method: .get,
                headers: [.authorization: "Bearer \(alice.token)"])
            #expect(answer.status == status)
            let isKnown = String(buffer: answer.body).contains("the chunk is not known")
            #expect(isKnown == (epoch == "1"))
        }
    }
}

@Suite struct XetRouteTests {
    /// What an answer tells, the asked-for hash left out.
    struct Told: Equatable {
        let status: Int
        let headers: [String]
        let body: String

        init(_ answer: TestResponse, asking hash: String) {
            status = answer.status.code
            headers = answer.headers.filter { !["X-Request-Id", "Date"].contains($0.name.rawName) }
                .map { "\($0.name): \($0.value.replacing(hash, with: "HASH"))" }.sorted()
            body = String(buffer: answer.body).replacing(hash, with: "HASH")
        }
    }

    enum Question: CaseIterable {
        case chunk, lookup, grant, head, reconstruction, olderReconstruction, shard, shardLines, sending

        func ask(_ caller: XetCaller, about upload: XetUpload) async throws -> Told {
            let chunk = upload.file.chunks[0].hash
            let xorb = upload.xorb.hash.string
            let file = upload.file.fileHash.string
            switch self {
            case .chunk:
                return Told(try await caller.ask(.get, "/v1/chunks/default/\(chunk)"), asking: chunk.string)
            case .lookup: return Told(try await caller.ask(.post, "/v1/chunks/lookup", chunk.bytes), asking: "")
            case .grant: return Told(try await caller.ask(.post, "/v1/xorb-grants/default/\(xorb)"), asking: xorb)
            case .head: return Told(try await caller.ask(.head, "/v1/xorbs/default/\(xorb)"), asking: xorb)
            case .reconstruction:
                return Told(try await caller.ask(.get, "/v2/reconstructions/\(file)"), asking: file)
            case .olderReconstruction:
                return Told(
                    try await caller.ask(.get, "/v1/reconstructions/\(file)", headers: [.range: "bytes=0-9"]),
                    asking: file)
            case .shard: return Told(try await caller.ask(.post, "/v1/shards", upload.claim), asking: xorb)
            case .shardLines: return Told(try await caller.ask(.post, "/v2/shards", upload.claim), asking: xorb)
            case .sending:
                return Told(
                    try await caller.ask(.post, "/v1/xorbs/default/\(xorb)", upload.xorb.body), asking: xorb)
            }
        }
    }

    @Test(arguments: Question.allCases)
    func `another's private chunks and chunks nobody has get the same answer`(_ question: Question) async throws {
        let test = try await TestHub()
        let record = try await test.repository("alice/secret", visibility: .private, by: try await test.user("alice"))
        let alice = try await test.user("alice")
        _ = try await test.repository("bob/mine", by: try await test.user("bob"))
        let secret = try XetUpload(seed: 1)
        let unknown = try XetUpload(alike: secret)
        try #require(secret.file.chunks.count > 2)
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            try await XetCaller(client, test, "alice", in: "alice/secret").send(secret)
            let stored = try #require(try await test.content.content(fileHash: secret.file.fileHash))
            let pointer = LFSPointer(digest: stored.digest, size: stored.size)
            try await test.push(["model.bin": pointer.text], to: record, by: alice)
            let bob = try await XetCaller(client, test, "bob", in: "bob/mine")
            #expect(try await question.ask(bob, about: secret) == question.ask(bob, about: unknown))
        }
    }

    @Test func `a xorb that was sent need not be sent again, by who sent it`() async throws {
        let test = try await TestHub()
        _ = try await test.repository("alice/model", by: try await test.user("alice"))
        _ = try await test.repository("bob/model", by: try await test.user("bob"))
        let upload = try XetUpload(seed: 1)
        let path = "/v1/xorb-grants/default/\(upload.xorb.hash)"
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let alice = try await XetCaller(client, test, "alice", in: "alice/model")
            #expect(try await alice.ask(.post, path).status == .notFound)
            try await alice.send(upload)
            #expect(try await alice.ask(.post, path).status == .ok)
            let bob = try await XetCaller(client, test, "bob", in: "bob/model")
            #expect(try await bob.ask(.post, path).status == .notFound)
        }
    }

    @Test func `several ranges of a xorb come in parts that add up`() async throws {
        let test = try await TestHub()
        _ = try await test.repository("alice/model", by: try await test.user("alice"))
        let upload = try XetUpload(seed: 1)
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let alice = try await XetCaller(client, test, "alice", in: "alice/model")
            try await alice.send(upload)
            let plan = try await alice.ask(.get, "/v2/reconstructions/\(upload.file.fileHash)")
                .decoded(ReconstructionBody.self)
            let fetch = try #require(plan.xorbs[upload.xorb.hash.string]?.first)
            let path = try #require(fetch.url.firstRange(of: "/xet/").map { String(fetch.url[$0.lowerBound...]) })
            let one = try await client.execute(uri: path, method: .get, headers: [.range: "bytes=10-99"])
            #expect(one.status == .partialContent)
            #expect(Array(one.body.readableBytesView) == Array(upload.xorb.body[10...99]))
            #expect(one.headers[.contentRange] == "bytes 10-99/\(upload.xorb.body.count)")

            let two = try await client.execute(
                uri: path, method: .get, headers: [.range: "bytes=0-4, 200000-200009"])
            #expect(two.status == .partialContent)
            let type = try #require(two.headers[.contentType])
            let boundary = try #require(type.split(separator: "boundary=").last)
            var expected = Array("\r\n--\(boundary)\r\nContent-Type: application/octet-stream\r\n".utf8)
            expected += Array("Content-Range: bytes 0-4/\(upload.xorb.body.count)\r\n\r\n".utf8)
            expected += upload.xorb.body[0...4]
            expected += Array("\r\n--\(boundary)\r\nContent-Type: application/octet-stream\r\n".utf8)
            expected += Array("Content-Range: bytes 200000-200009/\(upload.xorb.body.count)\r\n\r\n".utf8)
            expected += upload.xorb.body[200_000...200_009]
            expected += Array("\r\n--\(boundary)--\r\n".utf8)
            #expect(Array(two.body.readableBytesView) == expected)
            #expect(two.headers[.contentLength] == "\(expected.count)")

            for (range, status) in [
                ("bytes=999999999-", HTTPResponse.Status.rangeNotSatisfiable), ("bytes=9-1", .badRequest),
                ("lines=1-2", .badRequest), ("bytes=0-1,x", .badRequest),
                ("bytes=" + Array(repeating: "0-1", count: 300).joined(separator: ","), .badRequest),
            ] {
                let answer = try await client.execute(uri: path, method: .get, headers: [.range: range])
                #expect(answer.status == status, "\(range.prefix(30))")
            }
            #expect(try await client.execute(uri: path, method: .get).status == .badRequest)
            let forged = try await client.execute(
                uri: String(path.dropLast(2)), method: .get, headers: [.range: "bytes=0-1"])
            #expect(forged.status == .unauthorized)
        }
    }

    @Test func `a link covers the chunks it was given for and no others`() async throws {
        let test = try await TestHub()
        _ = try await test.repository("alice/model", by: try await test.user("alice"))
        let upload = try XetUpload(seed: 1)
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let alice = try await XetCaller(client, test, "alice", in: "alice/model")
            try await alice.send(upload)
            let answer = try await alice.ask(
                .get, "/v1/reconstructions/\(upload.file.fileHash)", headers: [.range: "bytes=0-9"])
            let plan = try answer.decoded(ReconstructionV1Body.self)
            let fetch = try #require(plan.fetch_info[upload.xorb.hash.string]?.first)
            let path = try #require(fetch.url.firstRange(of: "/xet/").map { String(fetch.url[$0.lowerBound...]) })
            let inside = "bytes=0-\(fetch.url_range.end)"
            #expect(
                try await client.execute(uri: path, method: .get, headers: [.range: inside]).status
                    == .partialContent)
            for range in ["bytes=0-\(fetch.url_range.end + 1)", "bytes=0-1,\(fetch.url_range.end + 1)-"] {
                let outside = try await client.execute(uri: path, method: .get, headers: [.range: range])
                #expect(outside.status == .forbidden)
            }
        }
    }

    @Test func `a range after the end of a file is not satisfiable`() async throws {
        let test = try await TestHub()
        _ = try await test.repository("alice/model", by: try await test.user("alice"))
        let upload = try XetUpload(seed: 1)
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let alice = try await XetCaller(client, test, "alice", in: "alice/model")
            try await alice.send(upload)
            for version in ["v1", "v2"] {
                let answer = try await alice.ask(
                    .get, "/\(version)/reconstructions/\(upload.file.fileHash)",
                    headers: [.range: "bytes=400000-500000"])
                #expect(answer.status == .rangeNotSatisfiable)
                #expect(answer.headers[.contentRange] == "bytes */400000")
            }
        }
    }

    @Test func `what is untrue in a shard is told by the last line, and by status in the older form`() async throws {
        let test = try await TestHub()
        _ = try await test.repository("alice/model", by: try await test.user("alice"))
        let upload = try XetUpload(seed: 1)
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let alice = try await XetCaller(client, test, "alice", in: "alice/model")
            let lines = try await alice.ask(.post, "/v2/shards", upload.shard)
            #expect(lines.headers[.contentType] == "application/x-ndjson")
            let last = try lines.decoded(ShardLineBody.self)
            #expect(last.type == .error)
            #expect(last.message?.contains("has not been uploaded here") == true)
            #expect(last.retryable == false)
            #expect(try await alice.ask(.post, "/v1/shards", upload.shard).status == .badRequest)
            for version in ["v1", "v2"] {
                for cut in stride(from: 0, to: upload.shard.count, by: 97) {
                    let answer = try await alice.ask(.post, "/\(version)/shards", Array(upload.shard.prefix(cut)))
                    #expect(answer.status == .badRequest)
                }
            }
        }
    }

    @Test func `a long verification is told of line by line`() async throws {
        let answer = ShardProgressAnswer(
            requestID: "1", logger: Logger(label: "test"), interval: .milliseconds(20)
        ).response { progress in
            progress(3, 10)
            try await Task.sleep(for: .seconds(2))
        }
        let router = Router()
        router.get("/") { _, _ in answer }
        try await Application(router: router).test(.router) { client in
            let body = String(buffer: try await client.execute(uri: "/", method: .get).body)
            let lines = body.split(separator: "\n")
            #expect(lines.count > 1)
            #expect(lines.first == #"{"total":10,"type":"validating","verified":3}"#)
            #expect(lines.last == #"{"result":1,"type":"result"}"#)
        }
    }
}
