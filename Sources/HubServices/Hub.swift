package import HubChunks
package import HubDatabase
import HubGit
package import Logging

/// The hub: stores in, services out.
package struct Hub: Sendable {
    package let limits: HubLimits
    package let access: Access
    package let accounts: AccountService
    package let logins: LoginService
    package let people: PeopleService
    package let repositories: RepositoryService
    package let likes: LikeService
    package let collections: CollectionService
    package let webhooks: WebhookService
    package let webhookRunner: WebhookRunner
    package let statistics: StatisticsService
    package let mirrors: MirrorService
    package let mirrorRunner: MirrorRunner
    package let revisions: RevisionService
    package let pushes: PushService
    package let commits: CommitService
    package let refs: RefService
    package let uploadPlans: UploadPlanService
    package let gitWire: GitWireService
    package let lfs: LFSService
    package let locks: LockService
    package let largeFiles: LargeFileService
    package let xet: XetService
    package let comparisons: CompareService
    package let merges: MergeService
    package let validation: ValidationService
    package let discussions: DiscussionService
    package let attachments: AttachmentService
    package let pullRequests: PullRequestService
    package let pullRequestChanges: PullRequestChanges
    package let accessRequests: AccessRequestService
    package let imports: ImportService
    package let sshKeys: SSHKeyService
    package let largeFileGrants: LargeFileGrants
    package let ssh: SSHService
    package let queue: JobQueue
    package let jobRunner: JobRunner
    package let sweeper: Sweeper
    package let listings: ListingService
    package let downloads: DownloadCounter
    package let listingKeeper: ListingKeeper
    package let closureKeeper: ClosureKeeper

    /// Signs what pages hand out to get it back.
    package let signer: TokenSigner

    private let database: any SQLDatabase

    /// Wires the services over two stores whose schema is up to date.
    ///
    /// - Parameters:
    ///   - scratch: A folder for what is under way, on the disk of the blobs.
    ///   - validationThreads: Cores one validation may use.
    ///   - sweepHours: How long content nobody names is kept.
    ///   - webhooks: How webhooks are delivered.
    ///   - mirrors: How mirrors are run.
    package init(
        database: any SQLDatabase,
        content: ContentStore,
        scratch: String,
        limits: HubLimits = HubLimits(),
        validationThreads: Int = 2,
        sweepHours: Int = 21 * 24,
        webhooks: WebhookOptions = WebhookOptions(),
        mirrors: MirrorOptions = MirrorOptions(),
        logger: Logger,
        now: Now = .system
    ) async throws {
        let git = GitStore(database: database) { digest in try await content.open(digest) }
        let signer = try await TokenSigner(database: database, now: now)
        let signal = JobSignal()
        let access = Access(database: database)
        let reports = ReportStore(database: database, now: now)
        let facts = FactsStore(database: database, git: git, content: content)
        self.database = database
        self.signer = signer
        self.limits = limits
        self.access = access
        accounts = AccountService(database: database, now: now)
        logins = LoginService(database: database, accounts: accounts, now: now)
        people = PeopleService(database: database, now: now)
        likes = LikeService(database: database, now: now)
        collections = CollectionService(database: database, now: now)
        self.webhooks = WebhookService(database: database, options: webhooks, now: now)
        webhookRunner = WebhookRunner(database: database, options: webhooks, now: now, logger: logger)
        repositories = RepositoryService(database: database, access: access, now: now)
        revisions = RevisionService(git: git, content: content)
        pushes = PushService(
            database: database, git: git, content: content, facts: facts, checks: PushChecks.all(limits),
            limits: limits,
            signal: signal, now: now)
        statistics = StatisticsService(database: database, git: git)
        self.mirrors = MirrorService(database: database, options: mirrors, now: now)
        mirrorRunner = MirrorRunner(
            pull: MirrorPull(
                database: database, git: git, content: content, pushes: pushes, limits: limits, options: mirrors,
                scratch: scratch),
            options: mirrors, now: now, logger: logger)
        refs = RefService(git: git, revisions: revisions, pushes: pushes, scratch: scratch, now: now)
        imports = ImportService(
            database: database, git: git, content: content, pushes: pushes, limits: limits, scratch: scratch, now: now)
        sshKeys = SSHKeyService(database: database, now: now)
        uploadPlans = UploadPlanService(git: git, limits: limits)
        gitWire = GitWireService(git: git, pushes: pushes, limits: limits, scratch: scratch)
        xet = XetService(database: database, content: content, access: access, signer: signer)
        lfs = LFSService(
            database: database, content: content, access: access, signer: signer, xet: xet, limits: limits, now: now)
        locks = LockService(database: database, now: now)
        largeFileGrants = LargeFileGrants(database: database, signer: signer)
        ssh = SSHService(access: access, gitWire: gitWire, grants: largeFileGrants)
        largeFiles = LargeFileService(
            database: database, git: git, content: content, access: access, pushes: pushes, now: now)
        comparisons = CompareService(revisions: revisions, git: git)
        merges = MergeService(
            access: access, git: git, content: content, revisions: revisions, pushes: pushes,
            repositories: repositories, now: now)
        queue = JobQueue(database: database, now: now)
        validation = ValidationService(
            database: database, git: git, revisions: revisions, reports: reports, scratch: scratch, limits: limits,
            threads: validationThreads)
        accessRequests = AccessRequestService(database: database, now: now)
        discussions = DiscussionService(database: database, now: now)
        attachments = AttachmentService(database: database, content: content, limits: limits, now: now)
        pullRequestChanges = PullRequestChanges(
            git: git, revisions: revisions, merges: merges, comparisons: comparisons, validation: validation)
        pullRequests = PullRequestService(
            database: database, git: git, access: access, revisions: revisions, pushes: pushes, merges: merges,
            changes: pullRequestChanges, now: now)
        commits = CommitService(
            git: git, content: content, pushes: pushes, pullRequests: pullRequests, limits: limits, scratch: scratch,
            now: now)
        jobRunner = JobRunner(queue: queue, signal: signal, validation: validation, logger: logger)
        listings = ListingService(database: database, git: git, facts: facts, validation: validation)
        downloads = DownloadCounter(database: database, now: now)
        listingKeeper = ListingKeeper(
            database: database, facts: facts, downloads: downloads, logger: logger, now: now)
        closureKeeper = ClosureKeeper(git: git, logger: logger)
        sweeper = Sweeper(
            content: content, git: git, parts: PartLedger(database: database, limits: limits, now: now),
            attachments: attachments, graceSeconds: sweepHours * 3600, now: now,
            logger: logger)
    }

    /// A number that is another one as soon as anything was committed, whoever did; nil if that cannot be told.
    package func version() throws -> Int64? { try database.version() }

    /// Throws when the hub cannot answer requests.
    package func checkHealth() async throws {
        _ = try await database.read { connection in try connection.queryOne("SELECT 1") }
    }
}
