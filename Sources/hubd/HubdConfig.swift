import Configuration
import Foundation
import HubCore
import HubHTTP
import HubServices
import Logging
import SystemPackage

/// Every option of `hubd serve`.
///
/// An option comes from, first found wins: the command line, the environment (`HUBD_` and the key in capitals with
/// `_` for `.` and `-`), the JSON file named by `--config` (the key's parts are nested objects), the default here.
struct HubdConfig: Sendable {
    /// `data`: the folder that holds the database and the blobs; made with mode 0700 if it is not there.
    var data = "hub-data"

    /// `listen`: address and port to serve on.
    ///
    /// Port 0 takes a free one.
    var listen = "127.0.0.1:8080"

    /// `public-url`: how clients reach the hub, when it stands behind a proxy; by default the `Host` they ask for.
    var publicURL: String?

    /// `tls.certificate` and `tls.key`: files in PEM, for serving HTTPS; both or none.
    var tls: ServerTLS?

    /// `import`: a folder of bare git repositories to take over at the start.
    var importFolder: String?

    /// `bare-name-owner`: who owns the repositories that clients name by one word, such as `gpt2`.
    var bareNameOwner = HubAddressing().bareNameOwner

    /// `log.level`: `debug`, `info`, `warning` or `error`.
    var logLevel = Logger.Level.info

    /// `validation.threads`: how many cores one validation may use.
    var validationThreads = 2

    /// `limits.*`: what clients may send at most.
    var limits = HubLimits()

    /// `rate-limits.*` and `trust-proxy`: how many requests one caller may make.
    var traffic = TrafficRules()

    /// `webhooks.*`: how messages to webhooks are sent.
    var webhooks = WebhookOptions()

    /// `mirror.*`: how other repositories are followed.
    var mirrors = MirrorOptions()

    /// `mirror.ca-file`: a file in PEM of authorities whose certificates mirrors believe beside the system's.
    var mirrorAuthorities: PEMFile?

    /// `sweep.hours`: how long content nobody names is kept before it is removed.
    ///
    /// Not below 1: clients may refer for a while to what they have just sent.
    var sweepHours = 21 * 24

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
    private var isOnLoopback: Bool {
        guard let host = try? address.host else { return false }
        return host == "localhost" || NetworkAddress.bytes(of: host).map(NetworkAddress.isLoopback) ?? false
    }

    /// How clients reach the hub that serves on `port`; nil if that cannot be told from the address it listens on.
    func reachableAddress(port: Int) throws -> String? {
        if let publicURL { return publicURL }
        let host = try address.host
        guard !["0.0.0.0", "::", "*"].contains(host) else { return nil }
        return "\(tls == nil ? "http" : "https")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// The host and port of `listen`.
    var address: (host: String, port: Int) {
        get throws(HubError) {
            guard let colon = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: colon)...]),
                (0...65535).contains(port)
            else { throw .invalid("'\(listen)' is not an address to listen on; expected HOST:PORT") }
            let host = listen[..<colon].trimmingPrefix("[")
            return (String(host.hasSuffix("]") ? host.dropLast() : host), port)
        }
    }
}

extension HubdConfig {
    /// Reads the configuration.
    ///
    /// - Parameters:
    ///   - file: A JSON file, if one is named.
    ///   - overrides: What the command line says, by key.
    static func read(file: String?, overrides: [String: String]) async throws -> HubdConfig {
        var providers: [any ConfigProvider] = [
            InMemoryProvider(
                name: "command line",
                values: Dictionary(
                    uniqueKeysWithValues: overrides.map {
                        (AbsoluteConfigKey(ConfigKey($0)), ConfigValue(.string($1), isSecret: false))
                    })),
            EnvironmentVariablesProvider().prefixKeys(with: "hubd"),
        ]
        if let file {
            guard FileManager.default.fileExists(atPath: file) else {
                throw HubError.notFound("there is no configuration file '\(file)'")
            }
            do {
                providers.append(try await FileProvider<JSONSnapshot>(filePath: FilePath(file)))
            } catch {
                throw HubError.invalid("the configuration file '\(file)' cannot be read as a JSON object")
            }
        }
        let options = Options(reader: ConfigReader(providers: providers))
        let config = try HubdConfig(options)
        if let file { try options.refuseOthers(in: file) }
        return config
    }

    private init(_ options: Options) throws {
        data = options.string("data") ?? data
        listen = options.string("listen") ?? listen
        publicURL = options.string("public-url")
        if let url = publicURL, !["http://", "https://"].contains(where: { url.hasPrefix($0) && url != $0 }) {
            throw HubError.invalid("public-url is '\(url)'; expected http://HOST or https://HOST")
        }
        importFolder = options.string("import")
        tls = try ServerTLS(certificate: options.string("tls.certificate"), key: options.string("tls.key"))
        bareNameOwner = options.string("bare-name-owner") ?? bareNameOwner
        guard RepositoryID.isWellFormed(bareNameOwner[...]) else {
            throw HubError.invalid("bare-name-owner is '\(bareNameOwner)'; expected the name of a user or organisation")
        }
        if let level = options.string("log.level") {
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
        mirrorAuthorities = options.string("mirror.ca-file").map { PEMFile(path: $0, option: "mirror.ca-file") }
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
    private let reader: ConfigReader

    /// Every key that was read: the options there are.
    private var known: Set<[String]> = []

    init(reader: ConfigReader) { self.reader = reader }

    func string(_ key: String) -> String? {
        known.insert(key.split(separator: ".").map(String.init))
        return reader.string(forKey: ConfigKey(key))
    }

    func flag(_ key: String, _ standard: Bool) throws -> Bool {
        let text = string(key)
        if let value = reader.bool(forKey: ConfigKey(key)) { return value }
        guard let text else { return standard }
        switch text.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default: throw HubError.invalid("\(key) is '\(text)'; expected true or false")
        }
    }

    func word<Words: RawRepresentable<String> & CaseIterable>(_ key: String, _ standard: Words) throws -> Words {
        guard let text = string(key) else { return standard }
        guard let value = Words(rawValue: text) else {
            let words = Words.allCases.map(\.rawValue).joined(separator: " or ")
            throw HubError.invalid("\(key) is '\(text)'; expected \(words)")
        }
        return value
    }

    func int(_ key: String, _ standard: Int, in range: ClosedRange<Int> = 1...Int.max) throws -> Int {
        let text = string(key)
        let value = reader.int(forKey: ConfigKey(key))
        if value == nil, let text { throw HubError.invalid("\(key) is '\(text)'; expected a whole number") }
        guard let value else { return standard }
        guard range.contains(value) else {
            throw HubError.invalid("\(key) is \(value); expected \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// Throws for a key of `file` that is no option: a limit spelled wrong would silently not hold.
    func refuseOthers(in file: String) throws {
        let json = try JSONSerialization.jsonObject(with: try Data(contentsOf: URL(filePath: file)))
        for path in Self.paths(in: json).sorted(by: { $0.joined() < $1.joined() }) where !known.contains(path) {
            throw HubError.invalid(
                "'\(path.joined(separator: "."))' in '\(file)' is not an option of hubd; see docs/operating.md")
        }
    }

    private static func paths(in json: Any, below prefix: [String] = []) -> [[String]] {
        guard let object = json as? [String: Any] else { return [prefix] }
        return object.flatMap { paths(in: $0.value, below: prefix + [$0.key]) }
    }
}
