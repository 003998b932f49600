package import HubCore

/// One change of a commit that is being written.
package enum FileChange: Sendable {
    /// New bytes; a mode of nil keeps the one the path has, or makes a plain file.
    case put(path: String, bytes: [UInt8], mode: FileMode? = nil)

    /// A blob that this repository has, or that was just written.
    case link(path: String, blob: ObjectID, mode: FileMode? = nil)

    /// Removes a file, or a directory with all that is in it.
    case delete(path: String)

    package var path: String {
        switch self {
        case .put(let path, _, _), .link(let path, _, _), .delete(let path): path
        }
    }
}
