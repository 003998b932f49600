import ArgumentParser
import Glibc
import HubCore
import HubDatabase
import HubHTTP
import HubServices
import Hummingbird
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

    @Option(help: ArgumentHelp("debug, info, warning or error (default info).", valueName: "level"))
    var logLevel: String?

    func run() async throws {
        let config = try await data.configuration(
            overriding: ["listen": listen, "public-url": publicURL, "log.level": logLevel])
        let address = try config.address
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "hubd")
        logger.logLevel = config.logLevel

        let embedded = try await EmbeddedHub.open(config, logger: logger)
        if let token = embedded.firstToken { announce(token, in: embedded.folder) }
        let application = Application(
            responder: buildResponder(embedded.hub, config.addressing, config.traffic),
            configuration: .init(address: .hostname(address.host, port: address.port), serverName: "hubd"),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? address.port
                print("hubd is serving \(embedded.folder.path) at http://\(address.host):\(port)")
                standardOutputFlush()
            },
            logger: logger
        )
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: application),
                    .init(service: embedded.hub.jobRunner),
                    .init(service: embedded.hub.sweeper),
                    .init(service: embedded.hub.listingKeeper),
                    .init(service: embedded.hub.webhookRunner),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        do {
            try await group.run()
        } catch let error as IOError {
            let reason = unsafe String(cString: strerror(error.errnoCode))
            throw HubError.unavailable("hubd cannot serve on \(config.listen): \(reason); choose another with --listen")
        } catch {
            throw HubError.unavailable("the hub stopped: \(error)")
        }
        try embedded.database.close()
        logger.info("hubd has stopped")
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
