package import Configuration
import HubCore
package import HubHTTP
package import HubServices
package import Logging

/// Every option of `hubd serve`.
///
/// An option comes from, first found wins: the command line, the environment (`HUBD_` and the key in capitals with
/// `_` for `.` and `-`), the JSON file named by `--config` (the key's parts are nested objects), the default here.
package struct HubdConfig: Sendable {
    /// `data`: the folder that holds the database and the blobs; made with mode 0700 if it is not there.
    var data = "hub-data"

    /// `listen`: address and port to serve on.
    ///
    /// Port 0 takes a free one.
    package var listen = "127.0.0.1:8080"

    /// `public-url`: how clients reach the hub, when it stands behind a proxy; by default the `Host` they ask for.
    var publicURL: String?

    /// `tls.certificate` and `tls.key`: files in PEM, for serving HTTPS; both or none.
    var tls: ServerTLS?

    /// `import`: a folder of bare git repositories to take over at the start.
    var importFolder: String?

    /// `bare-name-owner`: who owns the repositories that clients name by one word, such as `gpt2`.
    var bareNameOwner = HubAddressing().bareNameOwner

    /// `log.level`: `debug`, `info`, `warning` or `error`.
    package var logLevel = Logger.Level.info

    /// `validation.threads`: how many cores one validation may use.
    var validationThreads = 2

    /// `limits.*`: what clients may send at most.
    package var limits = HubLimits()

    /// `rate-limits.*` and `trust-proxy`: how many requests one caller may make.
    package var traffic = TrafficRules()

    /// `webhooks.*`: how messages to webhooks are sent.
    var webhooks = WebhookOptions()

    /// `mirror.*`: how other repositories are followed.
    var mirrors = MirrorOptions()

    /// `mirror.ca-file`: a file in PEM of authorities whose certificates mirrors believe beside the system's.
    var mirrorAuthorities: PEMFile?

    /// `sweep.hours`: how long content nobody names is kept before it is removed.
    ///
    /// Not below 1: clients may refer for a while to what they have just sent.
    package var sweepHours = 21 * 24

    /// How answers name the hub and its repositories.
    var addressing: HubAddressing {
        var addressing = HubAddressing(publicURL: publicURL)
        addressing.bareNameOwner = bareNameOwner
        addressing.isSecure = tls != nil
        addressing.admitsLoopbackGuests = admitsLoopbackGuests
        return addressing
    }

    /// Whether anonymous pushes from this machine may be taken: only if there is something to push to, and nobody
    /// reaches the hub from elsewhere, not even through a proxy.
    var admitsLoopbackGuests: Bool { importFolder != nil && publicURL == nil && !traffic.trustsProxy && isOnLoopback }

    /// Whether only this machine reaches the address to serve on.
    var isOnLoopback: Bool {
        guard let host = try? address.host else { return false }
        return host == "localhost" || NetworkAddress.bytes(of: host).map(NetworkAddress.isLoopback) ?? false
    }

    /// How clients reach the hub that serves on `port`; nil if that cannot be told from the address it listens on.
    func reachableAddress(port: Int) throws -> String? {
        if let publicURL { return publicURL }
        let address = try address
        guard !["0.0.0.0", "::", "*"].contains(address.host) else { return nil }
        return "\(scheme)://\(address.hostInURL):\(port)"
    }

    /// What the hub speaks at its address.
    var scheme: String { tls == nil ? "http" : "https" }

    /// The host and port of `listen`.
    var address: ListenAddress { get throws(HubError) { try ListenAddress(parsing: listen) } }
}

extension HubdConfig {
    /// Reads the configuration.
    ///
    /// - Parameters:
    ///   - file: A JSON file, if one is named.
    ///   - overrides: What the command line says, by key.
    package static func read(
        file: String?,
        overrides: [String: String],
        environment: EnvironmentVariablesProvider = EnvironmentVariablesProvider()
    ) throws -> HubdConfig {
        let providers: [any ConfigProvider] = [
            InMemoryProvider(
                name: "command line",
                values: Dictionary(
                    uniqueKeysWithValues: overrides.map {
                        (AbsoluteConfigKey(ConfigKey($0)), ConfigValue(.string($1), isSecret: false))
                    })),
            environment.prefixKeys(with: "hubd"),
        ]
        let options = Options(
            reader: ConfigReader(providers: providers), file: try file.map { path in try ConfigFile(path: path) })
        let config = try HubdConfig(options)
        try options.refuseOthers()
        return config
    }

    private init(_ options: Options) throws {
        data = try options.string("data") ?? data
        listen = try options.string("listen") ?? listen
        publicURL = try options.string("public-url").map { text in try PublicURL(parsing: text).text }
        importFolder = try options.string("import")
        tls = try ServerTLS(certificate: options.string("tls.certificate"), key: options.string("tls.key"))
        bareNameOwner = try options.string("bare-name-owner") ?? bareNameOwner
        guard RepositoryID.isWellFormed(bareNameOwner[...]) else {
            throw HubError.invalid("bare-name-owner is '\(bareNameOwner)'; expected the name of a user or organisation")
        }
        if let level = try options.string("log.level") {
            guard let known = Logger.Level(rawValue: level) else {
                throw HubError.invalid("log.level is '\(level)'; expected debug, info, warning or error")
            }
            logLevel = known
        }
        validationThreads = try options.int("validation.threads", validationThreads, in: 1...256)
        sweepHours = try options.int("sweep.hours", sweepHours, in: 1...100_000)
        traffic.api = try options.int("rate-limits.api", traffic.api, in: 0...Int.max)
        traffic.resolvers = try options.int("rate-limits.resolvers", traffic.resolvers, in: 0...Int.max)
        traffic.pages = try options.int("rate-limits.pages", traffic.pages, in: 0...Int.max)
        traffic.windowSeconds = try options.int("rate-limits.window-seconds", traffic.windowSeconds, in: 1...86_400)
        traffic.countsLoopback = try options.flag("rate-limits.count-loopback", traffic.countsLoopback)
        traffic.trustsProxy = try options.flag("trust-proxy", traffic.trustsProxy)
        webhooks.allowsPrivateAddresses = try options.flag("webhooks.allow-private", webhooks.allowsPrivateAddresses)
        webhooks.timeoutSeconds = try options.int("webhooks.timeout-seconds", webhooks.timeoutSeconds, in: 1...60)
        webhooks.firstRetrySeconds = try options.int(
            "webhooks.first-retry-seconds", webhooks.firstRetrySeconds, in: 1...3600)
        webhooks.maximumAttempts = try options.int("webhooks.attempts", webhooks.maximumAttempts, in: 1...20)
        webhooks.disableAfterSeconds = try options.int(
            "webhooks.disable-after-seconds", webhooks.disableAfterSeconds, in: 1...31_536_000)
        mirrors.allowsPrivateAddresses = try options.flag("mirror.allow-private", mirrors.allowsPrivateAddresses)
        mirrors.timeoutSeconds = try options.int("mirror.timeout-seconds", mirrors.timeoutSeconds, in: 1...86_400)
        mirrors.patienceSeconds = try options.int("mirror.patience-seconds", mirrors.patienceSeconds, in: 1...3600)
        mirrorAuthorities = try options.string("mirror.ca-file").map { PEMFile(path: $0, option: "mirror.ca-file") }
        limits.packBytes = try options.int("limits.pack-bytes", limits.packBytes)
        limits.packObjects = try options.int("limits.pack-objects", limits.packObjects)
        limits.plainFileBytes = try options.int("limits.plain-file-bytes", limits.plainFileBytes)
        limits.largePlainFiles = try options.word("plain-files.over-limit", limits.largePlainFiles)
        limits.commitBytes = try options.int("limits.commit-bytes", limits.commitBytes)
        limits.commitLineBytes = try options.int("limits.commit-line-bytes", limits.commitLineBytes)
        limits.commitOperations = try options.int("limits.commit-operations", limits.commitOperations)
        limits.contentBytes = try options.int("limits.content-bytes", limits.contentBytes)
        limits.lfsPartBytes = try options.int("limits.lfs-part-bytes", limits.lfsPartBytes)
        limits.attachmentBytes = try options.int("limits.attachment-bytes", limits.attachmentBytes)
        limits.attachedVideoBytes = try options.int("limits.attached-video-bytes", limits.attachedVideoBytes)
        limits.jsonBytes = try options.int("limits.json-bytes", limits.jsonBytes)
        limits.shardBytes = try options.int("limits.shard-bytes", limits.shardBytes)
        limits.filesPerRevision = try options.int("limits.files-per-revision", limits.filesPerRevision)
        limits.validationSeconds = try options.int("limits.validation-seconds", limits.validationSeconds)
        limits.inferenceParameters = try options.int("limits.inference-parameters", limits.inferenceParameters)
        limits.leaseSeconds = try options.int("limits.lease-seconds", limits.leaseSeconds, in: 1...31_536_000)
    }
}

/// Reads single options and refuses what cannot be meant.
private final class Options {
    /// The command line and the environment, where everything is text.
    private let reader: ConfigReader
    private let file: ConfigFile?

    /// Every key that was read: the options there are.
    private var known: Set<[String]> = []

    init(reader: ConfigReader, file: ConfigFile?) {
        self.reader = reader
        self.file = file
    }

    func string(_ key: String) throws -> String? {
        // The file is asked even if it is overruled: what is wrong in it must not lie in wait.
        let inFile = try file?.string(key)
        return text(key) ?? inFile
    }

    func flag(_ key: String, _ standard: Bool) throws -> Bool {
        let inFile = try file?.flag(key)
        guard let text = text(key) else { return inFile ?? standard }
        switch text.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default: throw HubError.invalid("\(key) is '\(text)'; expected true or false")
        }
    }

    func word<Words: RawRepresentable<String> & CaseIterable>(_ key: String, _ standard: Words) throws -> Words {
        guard let text = try string(key) else { return standard }
        guard let value = Words(rawValue: text) else {
            let words = Words.allCases.map(\.rawValue).joined(separator: " or ")
            throw HubError.invalid("\(key) is '\(text)'; expected \(words)")
        }
        return value
    }

    func int(_ key: String, _ standard: Int, in range: ClosedRange<Int> = 1...Int.max) throws -> Int {
        let inFile = try file?.int(key)
        let ofText = try text(key).map { text in
            guard let value = Int(text) else {
                throw HubError.invalid("\(key) is '\(text)'; expected a whole number")
            }
            return value
        }
        guard let value = ofText ?? inFile else { return standard }
        guard range.contains(value) else {
            throw HubError.invalid("\(key) is \(value); expected \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// Throws for a key of the file that is no option.
    func refuseOthers() throws { try file?.refuseOthers(than: known) }

    /// What the command line says, or else the environment.
    private func text(_ key: String) -> String? {
        known.insert(key.split(separator: ".").map(String.init))
        return reader.string(forKey: ConfigKey(key))
    }
}
