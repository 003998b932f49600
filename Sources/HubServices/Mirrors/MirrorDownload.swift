import AsyncHTTPClient
import HubCore
import HubGit
import NIOCore
import NIOHTTP1

/// Brings one large file from where a batch answer said, and goes on where a lost connection left it.
struct MirrorDownload: Sendable {
    private let pointer: LFSPointer
    private let link: HTTPClientRequest
    private let connection: MirrorConnection
    private let login: MirrorLogin?

    /// So often a file may be cut off, and so often in a row without anything new having come.
    private static let cutLimit = 10
    private static let idleLimit = 3

    init(
        of pointer: LFSPointer, from href: String, headers: [String: String], connection: MirrorConnection,
        login: MirrorLogin?
    ) {
        self.pointer = pointer
        self.connection = connection
        self.login = login
        var link = HTTPClientRequest(url: href)
        for (name, value) in headers where Self.isPlain(name, value) { link.headers.add(name: name, value: value) }
        self.link = link
    }

    /// Hands over what comes, never more than the file should have; the caller hashes it.
    func run(_ take: ([UInt8]) async throws -> Void) async throws {
        var request = link
        var (came, cuts, idle, isShown) = (0, 0, 0, false)
        while true {
            let start = came
            if start > 0 { request.headers.replaceOrAdd(name: "Range", value: "bytes=\(start)-") }
            let end = try await connection.send(request) { response in
                if response.status.code == 401 { return End.stranger }
                return try await read(response, from: start, &came, take)
            }
            switch end {
            case .whole: return
            case .cut where came == pointer.size: return
            case .stranger: try show(&request, &isShown)
            case .cut:
                cuts += 1
                idle = came > start ? 0 : idle + 1
                guard idle < Self.idleLimit, cuts < Self.cutLimit else {
                    throw HubError.unavailable(
                        "the upstream broke off its file \(pointer.digest) at \(came) of \(pointer.size) bytes")
                }
                try await Task.sleep(for: .milliseconds(min(100 << cuts, 1000)))
            }
        }
    }

    private enum End {
        case whole
        case cut

        /// The server wants to know who asks.
        case stranger
    }

    private func read(
        _ response: HTTPClientResponse, from start: Int, _ came: inout Int, _ take: ([UInt8]) async throws -> Void
    ) async throws -> End {
        var skipped = try firstByte(of: response, askedFrom: start)
        do {
            for try await piece in response.body {
                var bytes = Array(piece.readableBytesView)
                // Who does not know ranges sends what is here already once more.
                let known = min(bytes.count, max(0, start - skipped))
                skipped += known
                bytes.removeFirst(known)
                came += bytes.count
                guard came <= pointer.size else {
                    throw HubError.invalid(
                        "the upstream sends more than the \(pointer.size) bytes its file \(pointer.digest) should have")
                }
                if !bytes.isEmpty { try await take(bytes) }
            }
            return .whole
        } catch {
            guard MirrorConnection.isCut(error) else { throw error }
            return .cut
        }
    }

    /// Where in the file an answer begins.
    private func firstByte(of response: HTTPClientResponse, askedFrom start: Int) throws -> Int {
        switch response.status.code {
        case 200: return 0
        case 206 where start > 0:
            let range = response.headers.first(name: "Content-Range") ?? ""
            guard range.lowercased().hasPrefix("bytes \(start)-") else {
                throw HubError.invalid(
                    "the upstream was asked for its file \(pointer.digest) from byte \(start) on and sends something else"
                )
            }
            return start
        default:
            throw HubError.unavailable(
                "the upstream answers \(response.status.code) when asked for its file \(pointer.digest)")
        }
    }

    /// Shows the login to a server that wants one, if it is the right one, and if the batch answer gave none.
    private func show(_ request: inout HTTPClientRequest, _ isShown: inout Bool) throws {
        let target = try MirrorURL(request.url, options: connection.options, allowsQuery: true)
        guard !isShown, request.headers.first(name: "Authorization") == nil, let login,
            login.add(to: &request, for: target)
        else {
            throw HubError.unavailable("the upstream answers 401 when asked for its file \(pointer.digest)")
        }
        isShown = true
    }

    private static func isPlain(_ name: String, _ value: String) -> Bool {
        !name.isEmpty && (name + value).utf8.allSatisfy { (0x20...0x7E).contains($0) }
            && !["host", "content-length", "transfer-encoding"].contains(name.lowercased())
    }
}
