import CLibgit2
import HubCore
import HubDatabase

/// Where one open repository reads its objects from, and writes them to.
///
/// First the objects of a push in quarantine, if there is one, then those staged in memory, then the database, all
/// over the one connection the repository was opened with. libgit2 reaches it through callbacks that cannot throw:
/// what goes wrong inside one is kept in `failure` and thrown by ``GitRepository/call(_:)``.
final class ObjectSource {
    let rows: ObjectRows
    private let quarantine: QuarantinedObjects?

    /// Set to keep new objects in memory instead of the database, which then may be read-only.
    var stagesWrites = false
    private(set) var staged: [ObjectID: GitObject] = [:]
    private var failure: (any Error)?

    /// Headers that were read; objects of a transaction neither change nor go.
    private var known: [ObjectID: ObjectHeader] = [:]
    private static let knownLimit = 1 << 16

    /// Whether something was asked for that rests in chunks, and was not given.
    var metChunked = false

    init(connection: any SQLConnection, quarantine: QuarantinedObjects? = nil) {
        rows = ObjectRows(connection: connection)
        self.quarantine = quarantine
    }

    func header(_ id: ObjectID) throws -> ObjectHeader? {
        if let header = try newHeader(id) ?? known[id] { return header }
        guard let header = try rows.header(id) else { return nil }
        remember([id: header])
        return header
    }

    /// The headers of those of `ids` that exist, asking for many at once.
    @discardableResult
    func headers(_ ids: [ObjectID]) throws -> [ObjectID: ObjectHeader] {
        var found: [ObjectID: ObjectHeader] = [:]
        var rest: [ObjectID] = []
        for id in ids {
            if let header = try newHeader(id) ?? known[id] { found[id] = header } else { rest.append(id) }
        }
        guard !rest.isEmpty else { return found }
        let read = try rows.headers(rest)
        remember(read)
        return found.merging(read) { first, _ in first }
    }

    /// Of an object in quarantine, or one that is staged.
    private func newHeader(_ id: ObjectID) throws -> ObjectHeader? {
        if let header = try quarantine?.header(id) { return header }
        return staged[id].map { ObjectHeader(kind: $0.kind, size: $0.bytes.count) }
    }

    private func remember(_ headers: [ObjectID: ObjectHeader]) {
        if known.count + headers.count > Self.knownLimit { known.removeAll() }
        guard headers.count <= Self.knownLimit else { return }
        known.merge(headers) { first, _ in first }
    }

    func stored(_ id: ObjectID) throws -> StoredObject? {
        try quarantine?.stored(id) ?? rows.stored(id)
    }

    func object(_ id: ObjectID) throws -> GitObject? {
        if let object = staged[id] { return object }
        guard let stored = try stored(id) else { return nil }
        if stored.isChunked { metChunked = true }
        return GitObject(kind: stored.header.kind, bytes: try stored.inflate())
    }

    /// Hands over the bytes of those of `ids` that exist, in no particular order, asking for many at once.
    func forEachObject(of ids: [ObjectID], _ body: (ObjectID, GitObject) throws -> Void) throws {
        var rest = ids
        if quarantine != nil || !staged.isEmpty {
            rest = []
            for id in ids {
                guard try isQuarantined(id) || staged[id] != nil else {
                    rest.append(id)
                    continue
                }
                if let object = try object(id) { try body(id, object) }
            }
        }
        try rows.forEach(of: rest) { stored in
            try body(stored.id, GitObject(kind: stored.header.kind, bytes: try stored.inflate()))
        }
    }

    func write(_ object: GitObject, as id: ObjectID) throws {
        guard !stagesWrites else { return staged[id] = object }
        let header = ObjectHeader(kind: object.kind, size: object.bytes.count)
        try rows.insert(StoredObject(id: id, header: header, deflated: Zlib.deflate(object.bytes)))
    }

    /// Whether an object is there that somebody would write; if so, it is kept as if it had been written anew.
    func freshen(_ id: ObjectID) throws -> Bool {
        // What is staged is staged even if the database has it: somebody has to keep it in time.
        guard !stagesWrites else { return staged[id] != nil }
        guard try header(id) != nil else { return false }
        try UnreachedRows(connection: rows.connection).forget([id])
        return true
    }

    /// Whether this looks at a repository through a push that has not been accepted.
    var hasQuarantine: Bool { quarantine != nil }

    func quarantinedHeader(_ id: ObjectID) throws -> ObjectHeader? { try quarantine?.header(id) }

    func isQuarantined(_ id: ObjectID) throws -> Bool { try quarantine?.holds(id) ?? false }

    /// Runs the work of a callback; an error is kept and becomes `GIT_EUSER`.
    func attempt(_ body: () throws -> Int32) -> Int32 {
        do {
            return try body()
        } catch {
            failure = failure ?? error
            return GIT_EUSER.rawValue
        }
    }

    /// Hands out the error kept by a callback, once.
    func takeFailure() -> (any Error)? {
        defer { failure = nil }
        return failure
    }
}
