import CLibgit2
import Glibc
import HubCore

/// How libgit2's client comes to its connections in this process: through ``RemoteSocket``, TLS on top of it.
enum RemoteStream {
    /// Takes effect once; without a guard on the thread, connections are refused.
    static func register() throws(GitError) {
        if case .failure(let error) = registered { throw error }
    }

    private static let registered: Result<Void, GitError> = {
        var registration = git_stream_registration()
        registration.version = GIT_STREAM_VERSION
        registration.`init` = make
        do throws(GitError) {
            try git { git_stream_register(GIT_STREAM_STANDARD, &registration) }
            return .success(())
        } catch {
            return .failure(error)
        }
    }()

    private typealias Stream = UnsafeMutablePointer<git_stream>

    private static let make:
        @convention(c) (
            UnsafeMutablePointer<UnsafeMutablePointer<git_stream>?>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?
        ) -> Int32 = { out, host, port in
            guard let out, let host, let port, let number = Int(String(cString: port)), (1...65535).contains(number),
                let rules = RemoteGuard.current
            else { return GIT_ERROR.rawValue }
            let made = UnsafeMutablePointer<hub_stream>.allocate(capacity: 1)
            made.initialize(to: hub_stream())
            let socket = RemoteSocket(host: String(cString: host), port: number, rules: rules)
            made.pointee.socket = Unmanaged.passRetained(socket).toOpaque()
            set(&made.pointee.base)
            out.pointee = UnsafeMutableRawPointer(made).assumingMemoryBound(to: git_stream.self)
            return 0
        }

    private static func set(_ stream: inout git_stream) {
        stream.version = GIT_STREAM_VERSION
        stream.connect = { stream in
            Int32(
                RemoteStream.attempt(stream) { socket in
                    try socket.connect()
                    return 0
                })
        }
        stream.read = { stream, buffer, count in
            RemoteStream.attempt(stream) { socket in try buffer.map { try socket.read(into: $0, count) } ?? 0 }
        }
        stream.write = { stream, bytes, count, _ in
            RemoteStream.attempt(stream) { socket in try bytes.map { try socket.write($0, count) } ?? 0 }
        }
        stream.close = { stream in
            Int32(
                RemoteStream.attempt(stream) { socket in
                    socket.close()
                    return 0
                })
        }
        stream.free = { stream in
            guard let stream else { return }
            let made = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: hub_stream.self)
            Unmanaged<RemoteSocket>.fromOpaque(made.pointee.socket).release()
            made.deallocate()
        }
    }

    private static func attempt(_ stream: Stream?, _ body: (RemoteSocket) throws -> Int) -> Int {
        guard let stream else { return -1 }
        let made = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: hub_stream.self)
        do {
            return try body(Unmanaged<RemoteSocket>.fromOpaque(made.pointee.socket).takeUnretainedValue())
        } catch {
            git_error_set_str(Int32(GIT_ERROR_NET.rawValue), "\(error)")
            return -1
        }
    }
}
