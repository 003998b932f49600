import HubClient
import HubCore
import HubGit

/// The files of this machine in which a download looks for what need not be fetched.
enum LocalSources {
    /// So many are listed at most.
    private static let limit = 20_000

    /// The content of a store, and the large files that lie only in the working copy around `folder`.
    static func list(in store: LargeFileStore, and folder: String) throws -> [LocalSource] {
        var found = try store.contents(limit: limit)
        do {
            found += try WorkingCopy(containing: folder).contentsOutsideStore(limit: limit - found.count)
        } catch HubError.notFound, HubError.invalid {
            // A bare repository has no files, and none is no reason to fail.
        }
        return found.map { LocalSource(path: $0.path, size: $0.size) }
    }
}
