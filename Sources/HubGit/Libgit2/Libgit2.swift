import CLibgit2

/// The library as a whole: started once per process, before the first call, and never stopped.
package enum Libgit2 {
    /// Starts libgit2 if it has not been started.
    ///
    /// Objects are hashed again when read from disk, and nothing that names a missing object can be created: both
    /// cost little beside SQL or disk, and keep a broken object from travelling on.
    package static func start() { _ = started }

    /// The version this process runs with, such as `1.5.1`.
    package static var version: String {
        var (major, minor, revision): (Int32, Int32, Int32) = (0, 0, 0)
        git_libgit2_version(&major, &minor, &revision)
        return "\(major).\(minor).\(revision)"
    }

    private static let started: Bool = {
        git_libgit2_init()
        _ = hub_git_set_flag(Int32(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION.rawValue), 1)
        _ = hub_git_set_flag(Int32(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION.rawValue), 1)
        _ = hub_git_set_size(Int32(GIT_OPT_SET_CACHE_MAX_SIZE.rawValue), 64 << 20)
        return true
    }()
}
