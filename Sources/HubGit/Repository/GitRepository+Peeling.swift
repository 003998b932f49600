package import HubCore

extension GitRepository {
    /// The commit an id stands for, tag objects followed.
    ///
    /// Throws ``GitError`` (`.notFound`) for an object that is missing and (`.invalidSpec`) for one that leads to a
    /// tree or a blob.
    package func commitID(of id: ObjectID) throws -> CommitID {
        var id = id
        for _ in 0..<16 {
            switch try source.header(id)?.kind {
            case nil: throw GitError(code: .notFound, message: "git object \(id) is missing")
            case .commit: return id
            case .tag: id = try tagTarget(id)
            case .tree, .blob: throw GitError(code: .invalidSpec, message: "\(id) is not a commit")
            }
        }
        throw GitError(code: .invalidSpec, message: "\(id) is a tag of too many tags")
    }
}
