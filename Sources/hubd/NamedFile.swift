import Foundation
import Glibc
import HubCore

/// A file that an operator named.
struct NamedFile: Sendable {
    let path: String

    /// What it is for, which begins every sentence about it.
    let role: String

    /// All of it.
    func contents() throws(HubError) -> Data {
        switch PathState(path) {
        case .nothing: throw .invalid("\(role): there is no file '\(path)'")
        case .folder: throw .invalid("\(role): '\(path)' is a folder; expected a file")
        case .hidden(let reason): throw unreadable(reason)
        case .file: break
        }
        guard unsafe access(path, R_OK) == 0 else { throw unreadable(unsafe String(cString: strerror(errno))) }
        do {
            return try Data(contentsOf: URL(filePath: path))
        } catch {
            throw unreadable(error.localizedDescription)
        }
    }

    private func unreadable(_ reason: String) -> HubError {
        .invalid("\(role): the file '\(path)' cannot be read by this user: \(reason)")
    }
}
