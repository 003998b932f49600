import CLibgit2
import Foundation
import HubCore

/// What libgit2 asks and tells while it talks to a hub: credentials, progress, the hub's sentences.
///
/// libgit2 calls back on the thread that called it, so nothing here is shared between threads.
final class RemoteSession {
    private let credentials: RemoteCredentials
    private let events: RemoteEvents

    /// The only server that is shown the token, wherever a redirect leads; nil is any.
    private let server: Server?
    private var credentialsGiven = false
    private(set) var rejections: [RefRejection] = []
    private var partialLine = ""

    init(_ credentials: RemoteCredentials, _ events: RemoteEvents, server: Server? = nil) {
        self.credentials = credentials
        self.server = server
        self.events = events
    }

    /// The callbacks, valid for as long as the session is.
    func callbacks() throws -> git_remote_callbacks {
        var callbacks = git_remote_callbacks()
        try git { git_remote_init_callbacks(&callbacks, UInt32(GIT_REMOTE_CALLBACKS_VERSION)) }
        callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
        callbacks.credentials = { out, url, _, allowed, payload in
            let server = url.flatMap { Server(url: String(cString: $0)) }
            return RemoteSession.from(payload)?.giveCredentials(out, server, allowed) ?? GIT_PASSTHROUGH.rawValue
        }
        callbacks.sideband_progress = { text, count, payload in
            let bytes = UnsafeRawBufferPointer(start: text, count: max(0, Int(count)))
            RemoteSession.from(payload)?.hear(String(decoding: bytes, as: UTF8.self))
            return 0
        }
        callbacks.transfer_progress = { progress, payload in
            if let progress = progress?.pointee { RemoteSession.from(payload)?.report(progress) }
            return 0
        }
        callbacks.push_update_reference = { name, status, payload in
            if let name, let status {
                RemoteSession.from(payload)?.rejections.append(
                    RefRejection(ref: String(cString: name), reason: String(cString: status)))
            }
            return 0
        }
        return callbacks
    }

    /// Shows what the hub said last, even without an end of line.
    func finish() {
        if !partialLine.isEmpty { events.message(partialLine) }
        partialLine = ""
    }

    private static func from(_ payload: UnsafeMutableRawPointer?) -> RemoteSession? {
        payload.map { Unmanaged<RemoteSession>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Gives the token once; asked again, the hub did not accept it.
    private func giveCredentials(
        _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, _ asking: Server?, _ allowed: UInt32
    ) -> Int32 {
        guard !credentialsGiven, let token = credentials.token, isRightServer(asking),
            allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0
        else { return GIT_EAUTH.rawValue }
        credentialsGiven = true
        return git_credential_userpass_plaintext_new(out, credentials.user, token)
    }

    /// Some versions of libgit2 name the URL they began with even when a redirect has led elsewhere, so the connection
    /// itself is asked, too.
    private func isRightServer(_ asking: Server?) -> Bool {
        guard let server else { return true }
        guard asking == server, let place = RemoteGuard.current?.place else { return false }
        return server.isAt(place.host, place.port)
    }

    private func hear(_ text: String) {
        partialLine += text
        // A progress line ends with a carriage return and is overwritten by the next.
        while let end = partialLine.unicodeScalars.firstIndex(where: { $0 == "\n" || $0 == "\r" }) {
            let line = String(partialLine.unicodeScalars[..<end])
            let isFinal = partialLine.unicodeScalars[end] == "\n"
            partialLine = String(partialLine.unicodeScalars[partialLine.unicodeScalars.index(after: end)...])
            if isFinal, !line.isEmpty { events.message(line) }
        }
    }

    private func report(_ progress: git_indexer_progress) {
        events.progress(Int(progress.received_objects), Int(progress.total_objects))
    }
}

extension RemoteSession {
    /// Where a URL leads: another scheme or port of the same host is somebody else.
    struct Server: Hashable {
        private let scheme: String
        private let host: String
        private let port: Int?

        init?(url: String) {
            guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(), let host = parts.host
            else { return nil }
            self.scheme = scheme
            self.host = host.lowercased()
            port = parts.port ?? ["http": 80, "https": 443][scheme]
        }

        func isAt(_ host: String, _ port: Int) -> Bool { (self.host, self.port) == (host.lowercased(), port) }
    }
}

/// What a hub is shown: any user name, and the token as the password.
package struct RemoteCredentials: Sendable {
    package var user: String
    package var token: String?

    package init(user: String = "hubctl", token: String?) {
        self.user = user
        self.token = token
    }
}

/// What to do with what happens on the way.
package struct RemoteEvents {
    /// A line of text from the hub.
    package var message: (String) -> Void

    /// Git objects received, of how many.
    package var progress: (_ done: Int, _ total: Int) -> Void

    package init(
        message: @escaping (String) -> Void = { _ in }, progress: @escaping (Int, Int) -> Void = { _, _ in }
    ) {
        self.message = message
        self.progress = progress
    }
}

/// A ref that the hub refused to move, and its sentence.
package struct RefRejection: Sendable, Hashable {
    package var ref: String
    package var reason: String
}
