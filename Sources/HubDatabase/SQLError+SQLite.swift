internal import GRDB

extension SQLError {
    /// What SQLite refused about the file at `path`, as a sentence with what to do.
    init(_ error: DatabaseError, in path: String) {
        let message = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        self =
            switch error.resultCode {
            case .SQLITE_CONSTRAINT: .constraint(message)
            case .SQLITE_FULL:
                .full("the disk is full: there is no room for the database '\(path)'; make room on its disk")
            case .SQLITE_BUSY, .SQLITE_LOCKED:
                .busy("another process has been writing the database '\(path)' for too long; try again")
            case .SQLITE_READONLY, .SQLITE_PERM:
                .other("the database '\(path)' cannot be written by this user; use the one hubd runs as")
            case .SQLITE_CANTOPEN:
                .other(
                    "the database '\(path)' cannot be opened; its folder must be there, and this user must be able to "
                        + "write it"
                )
            case .SQLITE_NOTADB, .SQLITE_CORRUPT:
                .other(
                    "the database '\(path)' is damaged, or no database at all (\(message)); restore it from a backup")
            default: .other("\(message) (SQLite \(error.extendedResultCode.rawValue), '\(path)')")
            }
    }
}
