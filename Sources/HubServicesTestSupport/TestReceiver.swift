package import HubServices
import Logging
import Synchronization

/// A receiver of webhooks that keeps what it is sent and answers as it is told.
///
/// Stands at the place of the network.
package final class TestReceiver: Sendable {
    private struct State {
        var messages: [WebhookMessage] = []
        var answers: [Int] = []
    }

    private let state = Mutex(State())

    package init(answers: [Int] = []) { state.withLock { $0.answers = answers } }

    package var messages: [WebhookMessage] { state.withLock { $0.messages } }

    /// Keeps the message; says 200 once it has said all it was told to say.
    package func receive(_ message: WebhookMessage) -> Int {
        state.withLock { state in
            state.messages.append(message)
            return state.answers.isEmpty ? 200 : state.answers.removeFirst()
        }
    }
}

extension TestHub {
    /// Takes up all events and makes all deliveries that are due by the test's clock.
    package func deliver(to receiver: TestReceiver, _ options: WebhookOptions = WebhookOptions()) async throws {
        let clock = clock
        let runner = WebhookRunner(
            database: database, options: options, now: Now { clock.seconds }, logger: Logger(label: "test")
        ) { message in receiver.receive(message) }
        try await runner.runOnce()
    }
}
