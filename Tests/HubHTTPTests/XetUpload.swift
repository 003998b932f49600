import Foundation
import HTTPTypes
import HubAPI
import HubChunks
import HubCore
import HubServices
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

/// A file as a Xet client prepares it: one xorb, and the shard that names it.
struct XetUpload {
    let bytes: [UInt8]
    let xorb: BuiltXorb
    let file: ChunkedFile
    let shard: [UInt8]

    /// - Parameter seed: Different seeds make files without a chunk in common.
    init(seed: UInt64, count: Int = 400_000) throws {
        var state = seed
        bytes = (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        var chunker = GearChunker()
        var chunks: [Chunk] = []
        for batch in [chunker.append(bytes), chunker.finish()] { chunks += batch.chunks }
        file = ChunkedFile(chunks: chunks, digest: nil)
        var builder = XorbBuilder()
        var start = 0
        for chunk in chunks {
            let piece = Array(bytes[start..<start + chunk.length])
            _ = unsafe piece.withUnsafeBytes { unsafe builder.add(chunk, bytes: $0) }
            start += chunk.length
        }
        let built = builder.take()
        xorb = try #require(built)
        var shard = UploadShard()
        shard.add(xorb.layout)
        shard.add(file, places: chunks.indices.map { [hash = xorb.hash] in ChunkPlace(xorb: hash, position: $0) })
        self.shard = shard.serialized
    }

    /// Another file of as many bytes and chunks, with no chunk in common.
    init(alike other: XetUpload) throws {
        for seed in 1000..<1200 {
            let upload = try XetUpload(seed: UInt64(seed), count: other.bytes.count)
            if upload.file.chunks.count == other.file.chunks.count {
                self = upload
                return
            }
        }
        throw HubError.invalid("no seed makes as many chunks")
    }

    /// The shard of someone who has the hashes and not the bytes.
    var claim: [UInt8] {
        var shard = UploadShard()
        shard.add(
            file,
            places: file.chunks.indices.map { [hash = xorb.hash] in ChunkPlace(xorb: hash, position: $0) })
        return shard.serialized
    }
}

/// Somebody with a Xet token.
struct XetCaller {
    let client: any TestClientProtocol
    let token: String

    /// The path of the CAS.
    let cas: String

    init(_ client: any TestClientProtocol, _ test: TestHub, _ user: String, in repository: String) async throws {
        self.client = client
        let access = try await test.hub.accounts.createToken(for: user, name: "xet", scope: .write)
        let answer = try await client.execute(
            uri: "/api/models/\(repository)/xet-write-token/main", method: .get,
            headers: [.authorization: "Bearer \(access.text)"])
        try #require(answer.status == .ok)
        let body = try answer.decoded(XetTokenBody.self)
        token = body.accessToken
        cas = try #require(body.casUrl.firstRange(of: "/xet/").map { String(body.casUrl[$0.lowerBound...]) })
    }

    func ask(
        _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8] = [], headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        var headers = headers
        headers[.authorization] = "Bearer \(token)"
        return try await client.execute(
            uri: "\(cas)\(path)", method: method, headers: headers, body: ByteBuffer(bytes: body))
    }

    func send(_ upload: XetUpload) async throws {
        let xorb = try await ask(.post, "/v1/xorbs/default/\(upload.xorb.hash)", upload.xorb.body)
        try #require(xorb.status == .ok)
        let shard = try await ask(.post, "/v1/shards", upload.shard)
        try #require(shard.status == .ok)
    }
}

extension TestResponse {
    /// The body, as the JSON it should be.
    func decoded<Body: Decodable>(_ type: Body.Type) throws -> Body {
        try JSONDecoder().decode(type, from: Data(body.readableBytesView))
    }
}
