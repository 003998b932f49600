import Glibc

/// What a path leads to, as far as this user can see.
enum PathState: Equatable {
    case nothing
    case folder
    case file

    /// Something may be there, but this user does not get that far; the reason ends a sentence.
    case hidden(String)

    init(_ path: String) {
        var information = stat()
        guard unsafe stat(path, &information) == 0 else {
            let code = errno
            self =
                code == ENOENT || code == ENOTDIR
                ? .nothing : .hidden(unsafe String(cString: strerror(code)))
            return
        }
        self = information.st_mode & S_IFMT == S_IFDIR ? .folder : .file
    }
}
