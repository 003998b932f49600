import AsyncHTTPClient
import Foundation
import HubChunks
import HubCore
import NIOCore
import NIOHTTP1

/// Brings large files from an upstream over git-lfs' batch API (basic transfers), streamed into the store.
///
/// The store hashes what comes; what is not what its pointer says fails the run.
struct MirrorContent: Sendable {
    let content: ContentStore
    let connection: MirrorConnection

    /// Of the git-lfs server, such as `https://host/owner/name.git/info/lfs`.
    let endpoint: MirrorURL
    let login: MirrorLogin?
    let limits: HubLimits

    /// How many files one question names.
    private static let batch = 100
    private static let answerLimit = 8 << 20

    private struct Question: Encodable {
        let operation = "download"
        let transfers = ["basic"]
        let objects: [Object]

        struct Object: Encodable {
            let oid: String
            let size: Int
        }
    }

    private struct Reply: Decodable {
        let transfer: String?
        let objects: [Object]

        struct Object: Decodable {
            let oid: String
            let actions: Actions?
            let error: Problem?
        }

        struct Actions: Decodable { let download: Download? }

        struct Download: Decodable {
            let href: String
            let header: [String: String]?
        }

        struct Problem: Decodable {
            let code: Int?
            let message: String?
        }
    }

    /// Stores all of `pointers` under the lease and returns how many bytes that were.
    func fetch(_ pointers: [LFSPointer], lease: Lease) async throws -> Int {
        for pointer in pointers where !(0...limits.contentBytes).contains(pointer.size) {
            throw HubError.tooLarge(
                "the upstream's file \(pointer.digest) has \(pointer.size) bytes; "
                    + "a file may have at most \(limits.contentBytes)")
        }
        var bytes = 0
        for start in stride(from: 0, to: pointers.count, by: Self.batch) {
            let some = Array(pointers[start..<min(start + Self.batch, pointers.count)])
            let links = try await links(of: some)
            for pointer in some {
                try Task.checkCancellation()
                try await store(pointer, from: links[pointer.digest.hex], lease)
                bytes += pointer.size
            }
        }
        return bytes
    }

    private func links(of pointers: [LFSPointer]) async throws -> [String: Reply.Object] {
        var request = HTTPClientRequest(url: "\(endpoint.text)/objects/batch")
        request.method = .POST
        request.headers.add(name: "Accept", value: "application/vnd.git-lfs+json")
        request.headers.add(name: "Content-Type", value: "application/vnd.git-lfs+json")
        login?.add(to: &request, for: endpoint)
        let question = Question(objects: pointers.map { .init(oid: $0.digest.hex, size: $0.size) })
        request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(question)))
        return try await connection.send(request) { response in
            let body = try await response.body.collect(upTo: Self.answerLimit)
            guard response.status.code == 200 else {
                throw HubError.unavailable(
                    "the upstream's git-lfs server answers \(response.status.code) at \(endpoint.text)")
            }
            do {
                let reply = try JSONDecoder().decode(Reply.self, from: Data(body.readableBytesView))
                guard reply.transfer ?? "basic" == "basic" else {
                    throw HubError.unavailable("the upstream's git-lfs server does not speak the basic transfer")
                }
                return Dictionary(reply.objects.map { ($0.oid, $0) }, uniquingKeysWith: { first, _ in first })
            } catch is DecodingError {
                throw HubError.unavailable(
                    "the upstream's git-lfs server at \(endpoint.text) answers nothing git-lfs knows")
            }
        }
    }

    private func store(_ pointer: LFSPointer, from object: Reply.Object?, _ lease: Lease) async throws {
        guard let link = object?.actions?.download else {
            let reason = object?.error?.message.map { ": \($0.prefix(200))" } ?? ""
            throw HubError.unavailable("the upstream does not have its file \(pointer.digest)\(reason)")
        }
        let download = MirrorDownload(
            of: pointer, from: link.href, headers: link.header ?? [:], connection: connection, login: login)
        let stored = try await content.ingest(lease: lease) { take in try await download.run(take) }
        guard stored.size == pointer.size else {
            throw HubError.invalid(
                "the upstream sent \(stored.size) bytes for its file \(pointer.digest), which should have \(pointer.size)"
            )
        }
        guard stored.digest == pointer.digest else {
            throw HubError.invalid("the upstream sent bytes with the SHA-256 \(stored.digest) for \(pointer.digest)")
        }
    }
}
