import Foundation
import HTTPTypes
import HubAPI
import HubCore
package import Hummingbird
package import Logging
import NIOCore
import Synchronization

/// An answer that writes a line now and then while a shard is verified, and how it ended in the last one.
///
/// Verifying a large new file means reading it, and clients give up on a silent hub after five minutes.
package struct ShardProgressAnswer: Sendable {
    /// Tells how many of how many bytes are verified.
    package typealias Progress = @Sendable (_ verified: Int, _ total: Int) -> Void

    private enum Event: Sendable {
        case tick
        case end(ShardLineBody)
    }

    /// How far the work is.
    private final class Meter: Sendable {
        private let state = Mutex((verified: 0, total: 0))

        var line: ShardLineBody {
            let state = state.withLock { $0 }
            return .validating(verified: state.verified, total: state.total)
        }

        func set(_ verified: Int, of total: Int) { state.withLock { $0 = (verified, total) } }
    }

    private let requestID: String
    private let logger: Logger
    private let interval: Duration

    package init(requestID: String, logger: Logger, interval: Duration = .seconds(10)) {
        self.requestID = requestID
        self.logger = logger
        self.interval = interval
    }

    /// The answer that does `work` while it is sent; a client that goes away cancels it.
    package func response(_ work: @escaping @Sendable (@escaping Progress) async throws -> Void) -> Response {
        let body = ResponseBody { writer in
            let meter = Meter()
            let (events, continuation) = AsyncStream<Event>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [self] in
                    continuation.yield(.end(try await lastLine(of: work, meter)))
                    continuation.finish()
                }
                group.addTask { [interval] in
                    while true {
                        try await Task.sleep(for: interval)
                        continuation.yield(.tick)
                    }
                }
                defer { group.cancelAll() }
                for await event in events {
                    switch event {
                    case .tick: try await writer.write(line(meter.line))
                    case .end(let last): try await writer.write(line(last))
                    }
                }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "application/x-ndjson", .cacheControl: "no-cache"], body: body)
    }

    private func lastLine(
        of work: @Sendable (@escaping Progress) async throws -> Void,
        _ meter: Meter
    ) async throws -> ShardLineBody {
        do {
            try await work { verified, total in meter.set(verified, of: total) }
            return .result
        } catch let error as HubError {
            return .error(error.description, retryable: error.isPassing)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.error("A shard could not be verified", metadata: ["error": "\(error)"])
            return .error("internal error (request \(requestID)); the hub's log says more", retryable: true)
        }
    }

    private func line(_ body: ShardLineBody) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: try encoder.encode(body) + [UInt8(ascii: "\n")])
    }
}

extension HubError {
    /// Whether the same request may work later.
    fileprivate var isPassing: Bool {
        switch self {
        case .unavailable, .tooManyRequests: true
        default: false
        }
    }
}
