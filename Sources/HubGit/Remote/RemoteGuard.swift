import Foundation
import Glibc
import HubCore
import Synchronization

/// What a conversation with another machine may do: where it goes, how long it lasts, how much it says.
///
/// Valid for whatever libgit2 connects to on the thread that ``run(_:)`` is called on, redirects included.
package final class RemoteGuard: Sendable {
    /// Finds the address (as text) that a name stands for, or refuses it.
    ///
    /// That very address is connected to: a name that changes its mind in between leads nowhere else.
    package typealias Resolver = @Sendable (_ host: String, _ port: Int) throws -> String

    private struct State {
        var isStopped = false
        var bytesLeft: Int
        var failure: HubError?

        /// Where the newest connection leads.
        var host: String?
        var port: Int?

        /// Whether a connection was lost while nothing of an answer had come.
        var lostUnanswered = false
        var hasAskedAgain = false
    }

    private let resolver: Resolver
    private let deadline: ContinuousClock.Instant
    private let state: Mutex<State>

    /// Seconds a connection may say nothing at all.
    private let patience: Int

    /// - Parameters:
    ///   - seconds: How long the whole conversation may last.
    ///   - patience: Seconds for which a connection may say nothing.
    ///   - byteLimit: The most bytes the other side may send.
    package init(seconds: Int, patience: Int, byteLimit: Int, resolver: @escaping Resolver) {
        self.resolver = resolver
        self.patience = patience
        deadline = .now + .seconds(seconds)
        state = Mutex(State(bytesLeft: byteLimit))
    }

    /// Ends the conversation at its next step, from any thread.
    package func stop() { state.withLock { $0.isStopped = true } }

    /// What the guard stopped the conversation for.
    var failure: HubError? { state.withLock { $0.failure } }

    func run<Result>(_ body: () throws -> Result) rethrows -> Result {
        let thread = Thread.current
        thread.threadDictionary[Self.key] = self
        defer { thread.threadDictionary.removeObject(forKey: Self.key) }
        return try body()
    }

    private static var key: NSString { "hub.remote-guard" }

    /// The guard of the conversation on this thread.
    static var current: RemoteGuard? { Thread.current.threadDictionary[key] as? RemoteGuard }

    func address(of host: String, port: Int) throws -> String {
        do {
            return try resolver(host, port)
        } catch let error as HubError {
            throw fail(error)
        } catch {
            throw fail(.unavailable("the address of '\(host)' cannot be found"))
        }
    }

    /// Remembers where a connection leads, whatever URL the conversation began with.
    func leads(to host: String, port: Int) {
        state.withLock { state in (state.host, state.port) = (host.lowercased(), port) }
    }

    /// Where the newest connection leads.
    var place: (host: String, port: Int)? {
        state.withLock { state in
            guard let host = state.host, let port = state.port else { return nil }
            return (host, port)
        }
    }

    /// Remembers that a connection was lost before the answer to what was asked had begun.
    func loseUnanswered() { state.withLock { $0.lostUnanswered = true } }

    /// Whether what failed may be asked once more from the start, because nobody has answered it: a server may close a
    /// connection at the very moment a question sets out on it.
    ///
    /// True once at most; what stopped the conversation is forgotten then.
    func asksAgain() -> Bool {
        state.withLock { state in
            guard state.lostUnanswered, !state.hasAskedAgain, !state.isStopped else { return false }
            state.hasAskedAgain = true
            state.lostUnanswered = false
            state.failure = nil
            return true
        }
    }

    /// Counts in what came.
    func count(_ bytes: Int) throws {
        let isOver = state.withLock { state in
            state.bytesLeft -= bytes
            return state.bytesLeft < 0
        }
        if isOver { throw fail(.tooLarge("the remote sends more than the hub takes in one run")) }
    }

    /// Waits until the socket can be read or written (`POLLIN`, `POLLOUT`).
    func wait(for descriptor: Int32, _ events: Int32) throws {
        let silentUntil = min(deadline, .now + .seconds(patience))
        while true {
            try check()
            var place = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let ready = poll(&place, 1, 200)
            if ready > 0 { return }
            if ready < 0, errno != EINTR { throw fail(.unavailable("the connection broke")) }
            guard ContinuousClock.now < silentUntil else {
                try check()
                throw fail(.unavailable("the remote did not answer for \(patience) seconds"))
            }
        }
    }

    func check() throws {
        if state.withLock({ $0.isStopped }) { throw fail(.unavailable("the hub is stopping")) }
        guard ContinuousClock.now < deadline else {
            throw fail(.unavailable("the conversation took longer than the hub allows"))
        }
    }

    func fail(_ error: HubError) -> HubError {
        state.withLock { state in
            state.failure = state.failure ?? error
            return error
        }
    }
}
