import Glibc
import HubCore

/// One TCP connection of libgit2's client, within what its ``RemoteGuard`` allows.
final class RemoteSocket {
    private let host: String
    private let port: Int
    private let rules: RemoteGuard
    private var descriptor: Int32 = -1

    /// Whether something was asked of which no byte of an answer has come.
    private var isUnanswered = false

    init(host: String, port: Int, rules: RemoteGuard) {
        self.host = host
        self.port = port
        self.rules = rules
    }

    deinit { close() }

    func connect() throws {
        let address = try rules.address(of: host, port: port)
        rules.leads(to: host, port: port)
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, "\(port)", &hints, &found) == 0, let place = found else { throw unreachable(0) }
        defer { freeaddrinfo(found) }
        let type = place.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        descriptor = socket(place.pointee.ai_family, type, place.pointee.ai_protocol)
        guard descriptor >= 0 else { throw unreachable(errno) }
        guard Glibc.connect(descriptor, place.pointee.ai_addr, place.pointee.ai_addrlen) != 0 else { return }
        guard errno == EINPROGRESS else { throw unreachable(errno) }
        try rules.wait(for: descriptor, POLLOUT)
        var problem: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &length)
        guard problem == 0 else { throw unreachable(problem) }
    }

    /// Reads what is there, at least one byte; 0 is the end.
    func read(into buffer: UnsafeMutableRawPointer, _ count: Int) throws -> Int {
        while true {
            try rules.check()
            let got = recv(descriptor, buffer, count, 0)
            if got >= 0 {
                if got == 0, isUnanswered { rules.loseUnanswered() }
                isUnanswered = false
                try rules.count(got)
                return got
            }
            try waitOrThrow(POLLIN, errno)
        }
    }

    /// Writes at least one byte.
    func write(_ bytes: UnsafeRawPointer, _ count: Int) throws -> Int {
        while true {
            try rules.check()
            let sent = send(descriptor, bytes, count, Int32(MSG_NOSIGNAL))
            let code = errno
            isUnanswered = true
            if sent >= 0 { return sent }
            try waitOrThrow(POLLOUT, code)
        }
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    private func waitOrThrow(_ events: Int32, _ code: Int32) throws {
        switch code {
        case EINTR: return
        case EAGAIN: try rules.wait(for: descriptor, events)
        default:
            if isUnanswered { rules.loseUnanswered() }
            throw rules.fail(.unavailable("the connection to '\(host)' broke: \(Self.words(code))"))
        }
    }

    private func unreachable(_ code: Int32) -> HubError {
        rules.loseUnanswered()
        return rules.fail(.unavailable("cannot reach '\(host)' on port \(port): \(Self.words(code))"))
    }

    private static func words(_ code: Int32) -> String { String(cString: strerror(code)) }
}
