import ArgumentParser
import Glibc
import HubCore
import HubDatabase
import HubHTTP
import HubServices
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the hub until SIGTERM or SIGINT.",
        discussion: """
            On SIGTERM or SIGINT the hub takes no new connections, finishes the requests at hand, puts a running \
            validation back into the queue and exits.
            """
    )

    @OptionGroup var data: DataOption

    @Option(
        help: ArgumentHelp(
            "Address to serve on (default 127.0.0.1:8080); port 0 takes a free one.", valueName: "host:port"))
    var listen: String?

    @Option(help: ArgumentHelp("How clients reach the hub, when it stands behind a proxy.", valueName: "url"))
    var publicURL: String?

    @Option(
        name: .customLong("import"),
        help: ArgumentHelp("Take over the bare git repositories in this folder at the start.", valueName: "dir"))
    var importFolder: String?

    @Option(help: ArgumentHelp("debug, info, warning or error (default info).", valueName: "level"))
    var logLevel: String?

    func run() async throws {
        let config = try data.configuration(
            overriding: [
                "listen": listen, "public-url": publicURL, "log.level": logLevel, "import": importFolder,
            ])
        let address = try config.address
        for check in StartCheck.all(of: config) { try check.run() }
        // What others name and send is in the log, and must not look like the log.
        LoggingSystem.bootstrap { label in StreamLogHandler(label: label, stream: VisibleLines(StandardError())) }
        let logger = logger(config.logLevel)

        let server =
            try config.tls?.server()
            ?? .http1(configuration: .init(additionalChannelHandlers: [UpgradeRefusal(), OrderlyClose()]))
        let embedded = try await EmbeddedHub.open(config, logger: logger)
        if let token = embedded.firstToken { announce(token, in: embedded.folder) }
        try await takeOver(config, embedded.hub, logger)
        let application = Application(
            responder: buildResponder(embedded.hub, config.addressing, config.traffic),
            server: server,
            configuration: .init(address: .hostname(address.host, port: address.port), serverName: "hubd"),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? address.port
                do {
                    try embedded.folder.writeAddress(config.reachableAddress(port: port))
                } catch {
                    logger.error("The hub's address was not written down", metadata: ["error": "\(error)"])
                }
                print("hubd is serving \(embedded.folder.path) at \(config.scheme)://\(address.hostInURL):\(port)")
                standardOutputFlush()
            },
            logger: logger
        )
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: application),
                    .init(service: NamedService(base: embedded.hub.jobRunner)),
                    .init(service: NamedService(base: embedded.hub.sweeper)),
                    .init(service: NamedService(base: embedded.hub.listingKeeper)),
                    .init(service: NamedService(base: embedded.hub.closureKeeper)),
                    .init(service: NamedService(base: embedded.hub.webhookRunner)),
                    .init(service: NamedService(base: embedded.hub.mirrorRunner)),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        do {
            try await group.run()
        } catch let error as IOError {
            let reason = unsafe String(cString: strerror(error.errnoCode))
            let advice =
                error.errnoCode == EACCES && address.port < 1024
                ? "; ports below 1024 need the capability CAP_NET_BIND_SERVICE" : ""
            throw HubError.unavailable(
                "hubd cannot serve on \(config.listen): \(reason)\(advice); choose another with --listen")
        } catch {
            throw HubError.unavailable("the hub stopped: \(error)")
        }
        try embedded.database.close()
        logger.info("hubd has stopped")
    }

    private func logger(_ level: Logger.Level) -> Logger {
        var logger = Logger(label: "hubd")
        logger.logLevel = level
        return logger
    }

    /// Imports what the configuration names, and ends what an earlier import allowed.
    private func takeOver(_ config: HubdConfig, _ hub: Hub, _ logger: Logger) async throws {
        guard let folder = config.importFolder else { return try await hub.imports.withdrawInvitations() }
        try await hub.imports.importAll(
            from: folder, bareNameOwner: config.bareNameOwner, admitsGuests: config.admitsLoopbackGuests,
            logger: logger)
    }

    private func announce(_ token: String, in folder: DataFolder) {
        print(
            """
            This is a new hub. Its administrator is 'admin', with this token, which is shown only once
            and kept in \(folder.adminToken):

              \(token)

            """
        )
        standardOutputFlush()
    }
}
