import Crypto
import Foundation
import HubCore
package import HubDatabase
package import Logging
import ServiceLifecycle

/// Tells webhooks what happens, until the hub stops.
///
/// Every event reaches a receiver at least once, unless it fails for too long. On a graceful stop what is under way
/// goes back to the queue.
package struct WebhookRunner: Service {
    private let dispatcher: WebhookDispatcher
    private let queue: WebhookQueue
    private let options: WebhookOptions
    private let transport: WebhookTransport
    private let now: Now
    private let logger: Logger

    /// - Parameter transport: Nil is the network.
    package init(
        database: any SQLDatabase,
        options: WebhookOptions,
        now: Now,
        logger: Logger,
        transport: WebhookTransport? = nil
    ) {
        dispatcher = WebhookDispatcher(database: database, now: now)
        queue = WebhookQueue(database: database, options: options, now: now)
        self.options = options
        let network = HTTPWebhookTransport(options: options)
        self.transport = transport ?? { message in try await network.send(message) }
        self.now = now
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await repeating("Events cannot be read") { try await dispatcher.dispatch() } }
                for _ in 0..<options.workers {
                    group.addTask { await repeating("A delivery cannot be made") { try await deliverNext() } }
                }
            }
        }
    }

    /// Takes up all events and makes all deliveries that are due, once.
    package func runOnce() async throws {
        while try await dispatcher.dispatch() {}
        while try await deliverNext() {}
    }

    /// Does something as long as there is anything to do, and looks again every half second.
    private func repeating(_ complaint: Logger.Message, _ step: () async throws -> Bool) async {
        while !Task.isCancelled {
            do {
                while try await step() { try Task.checkCancellation() }
                try await Task.sleep(for: .milliseconds(500))
            } catch {
                guard !Task.isCancelled else { return }
                logger.error(complaint, metadata: ["error": "\(error)"])
                _ = try? await Task.sleep(for: .seconds(2))
            }
        }
    }

    private func deliverNext() async throws -> Bool {
        guard let job = try await queue.lease() else { return false }
        let started = ContinuousClock.now
        let outcome: WebhookQueue.Outcome
        do {
            outcome = .answered(try await transport(message(for: job)))
        } catch let error as HubError {
            outcome = .hopeless(error.description)
        } catch {
            guard !Task.isCancelled else {
                try await Task { try await queue.release(job) }.value
                throw CancellationError()
            }
            outcome = .failed("could not be sent: \("\(error)".prefix(200))")
        }
        let elapsed = (ContinuousClock.now - started).components
        let milliseconds = elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000
        try await Task {
            try await queue.finish(job, outcome, milliseconds: milliseconds, spread: Double.random(in: 0...1))
        }.value
        logger.debug(
            "Webhook called",
            metadata: ["webhook": "\(job.webhook.id)", "delivery": "\(job.delivery.id)", "outcome": "\(outcome)"])
        return true
    }

    private func message(for job: WebhookQueue.Job) -> WebhookMessage {
        let body = Array(job.delivery.payload.utf8)
        let time = "\(now.seconds)"
        var headers: [(name: String, value: String)] = [
            ("Content-Type", "application/json"), ("User-Agent", "hubd"),
            ("X-Webhook-Id", PublicID.text(job.webhook.id)), ("X-Webhook-Delivery", PublicID.text(job.delivery.id)),
            ("X-Webhook-Timestamp", time),
        ]
        if let secret = job.webhook.secret {
            headers.append(("X-Webhook-Secret", secret))
            let code = HMAC<SHA256>.authenticationCode(
                for: Array(time.utf8) + [UInt8(ascii: ".")] + body, using: SymmetricKey(data: Array(secret.utf8)))
            headers.append(("X-Webhook-Signature", "sha256=" + code.map { Self.hex($0) }.joined()))
        }
        return WebhookMessage(url: job.webhook.url, headers: headers, body: body)
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }
}
