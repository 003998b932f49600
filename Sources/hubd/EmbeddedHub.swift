import HubChunks
import HubCore
import HubDatabase
import HubGit
import HubServices
import Logging

/// A hub on SQLite and a folder, opened and ready: the default way to run one.
struct EmbeddedHub: Sendable {
    let folder: DataFolder
    let database: SQLiteDatabase
    let hub: Hub

    /// The administrator's token, on the first start only.
    let firstToken: String?

    /// Every step of the schema, in the order it is applied.
    static let migrations = GitStore.migrations + ContentStore.migrations + CatalogSchema.migrations

    /// Takes the data folder, brings the database up to date and makes the administrator on a new hub.
    static func open(_ config: HubdConfig, logger: Logger) async throws -> EmbeddedHub {
        let folder = DataFolder(path: config.data)
        try folder.lock()
        try folder.prepare()
        try folder.requireDatabaseOfBlobs()
        let database = try SQLiteDatabase(path: folder.database)
        if let problem = try await database.integrityProblem() {
            throw HubError.unavailable(
                "the database '\(folder.database)' is damaged (\(problem)); restore a backup before starting")
        }
        try await database.migrate(migrations, dialect: .sqlite)
        let hub = try await hub(in: folder, database, config, logger: logger)
        try await hub.queue.reclaimAll()
        try await hub.mirrorRunner.reclaimAll()
        return EmbeddedHub(
            folder: folder, database: database, hub: hub, firstToken: try await firstToken(hub, folder))
    }

    /// Opens a hub that runs, or rests, beside it: for one conversation, without the checks of a start.
    ///
    /// What it queues is found by the hub that runs, or by the next one.
    static func attach(_ config: HubdConfig, logger: Logger) async throws -> EmbeddedHub {
        let folder = DataFolder(path: config.data)
        let database = try SQLiteDatabase(path: folder.database, readers: 1)
        let applied = try await database.read { connection in
            Set(try connection.query("SELECT id FROM schema_migration").map { row in try row.string(0) })
        }
        guard applied == Set(migrations.map(\.id)) else {
            throw HubError.unavailable("the hub is of another version than this program; restart it")
        }
        return EmbeddedHub(
            folder: folder, database: database, hub: try await hub(in: folder, database, config, logger: logger),
            firstToken: nil)
    }

    private static func hub(
        in folder: DataFolder,
        _ database: SQLiteDatabase,
        _ config: HubdConfig,
        logger: Logger
    ) async throws -> Hub {
        var options = ContentStoreOptions()
        options.leaseDuration = config.limits.leaseSeconds
        let content = ContentStore(
            database: database, backend: try FolderBackend(root: folder.blobs), scratch: folder.scratch,
            options: options)
        var mirrors = config.mirrors
        if let file = config.mirrorAuthorities {
            _ = try file.certificates()
            mirrors.trustedRoots = try file.contents()
        }
        return try await Hub(
            database: database, content: content, scratch: folder.scratch, limits: config.limits,
            validationThreads: config.validationThreads, sweepHours: config.sweepHours, webhooks: config.webhooks,
            mirrors: mirrors, logger: logger)
    }

    private static func firstToken(_ hub: Hub, _ folder: DataFolder) async throws -> String? {
        guard try await hub.accounts.isEmpty() else { return nil }
        _ = try await hub.accounts.createUser("admin", isAdmin: true)
        let token = try await hub.accounts.createToken(for: "admin", name: "first start", scope: .admin)
        try folder.writeAdminToken(token.text)
        return token.text
    }
}
