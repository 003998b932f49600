import Configuration
import Foundation
import HubCore
import HubHTTP
import HubServices
import Logging
import Testing
import hubd

@Suite struct ConfigFileTests {
    /// What the configuration in a file comes to, without a command line or an environment.
    private func read(_ text: String, environment: [String: String] = [:]) throws -> HubdConfig {
        try read(environment) { path in try Data(text.utf8).write(to: URL(filePath: path)) }
    }

    private func read(_ environment: [String: String], making: (String) throws -> Void) throws -> HubdConfig {
        let path = FileManager.default.temporaryDirectory.appending(path: "hubd-\(UUID()).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try making(path)
        do {
            return try HubdConfig.read(
                file: path, overrides: [:],
                environment: EnvironmentVariablesProvider(environmentVariables: environment))
        } catch let error as HubError {
            throw Sentence(text: error.description.replacing(path, with: "FILE"))
        }
    }

    private struct Sentence: Error, Equatable { let text: String }

    @Test func `every type of option is read from nested objects`() throws {
        let config = try read(
            """
            {"listen": "127.0.0.1:8083", "trust-proxy": true, "sweep": {"hours": 7},
             "limits": {"pack-bytes": 1e9}, "log": {"level": "debug"}, "plain-files": {"over-limit": "chunk"}}
            """)
        #expect(config.listen == "127.0.0.1:8083")
        #expect(config.traffic.trustsProxy)
        #expect(config.sweepHours == 7)
        #expect(config.limits.packBytes == 1_000_000_000)
        #expect(config.logLevel == .debug)
        #expect(config.limits.largePlainFiles == .chunk)
    }

    @Test func `the environment overrules the file`() throws {
        let config = try read(
            #"{"sweep": {"hours": 7}, "trust-proxy": true, "listen": "127.0.0.1:1"}"#,
            environment: ["HUBD_SWEEP_HOURS": "8", "HUBD_TRUST_PROXY": "no", "HUBD_LISTEN": "127.0.0.1:2"])
        #expect(config.sweepHours == 8)
        #expect(!config.traffic.trustsProxy)
        #expect(config.listen == "127.0.0.1:2")
    }

    @Test(arguments: [
        (#"{"listen": 8083}"#, "'listen' in 'FILE' must be text in quotes and is the number 8083"),
        (#"{"public-url": 5}"#, "'public-url' in 'FILE' must be text in quotes and is the number 5"),
        (#"{"data": null}"#, "'data' in 'FILE' must be text in quotes and is null"),
        (#"{"import": ["a"]}"#, "'import' in 'FILE' must be text in quotes and is a list"),
        (#"{"trust-proxy": 1}"#, "'trust-proxy' in 'FILE' must be true or false and is the number 1"),
        (#"{"trust-proxy": "x"}"#, "'trust-proxy' in 'FILE' must be true or false and is the text 'x'"),
        (#"{"log": {"level": 3}}"#, "'log.level' in 'FILE' must be text in quotes and is the number 3"),
        (
            #"{"limits": {"pack-bytes": "5"}}"#,
            "'limits.pack-bytes' in 'FILE' must be a whole number and is the text '5'"
        ),
        (#"{"sweep": {"hours": true}}"#, "'sweep.hours' in 'FILE' must be a whole number and is true"),
        (#"{"sweep": {"hours": {}}}"#, "'sweep.hours' in 'FILE' must be a whole number and is an object"),
        (
            #"{"limits": {"pack-bytes": 1.5}}"#,
            "'limits.pack-bytes' in 'FILE' must be a whole number of at most 9223372036854775807 and is the number 1.5"
        ),
        (
            #"{"limits": {"pack-bytes": 99999999999999999999}}"#,
            "'limits.pack-bytes' in 'FILE' must be a whole number of at most 9223372036854775807 and is "
                + "the number 1e+20"
        ),
        (
            #"{"tls": {"certificate": 1, "key": 2}}"#,
            "'tls.certificate' in 'FILE' must be text in quotes and is the number 1"
        ),
        (#"{"tls": "x"}"#, "'tls' in 'FILE' is not an option of hubd; see docs/operating.md"),
        (#"{"sweep.hours": 5}"#, "'sweep.hours' in 'FILE' must be written as nested objects; see docs/operating.md"),
        ("[]", "the configuration file 'FILE' must hold a JSON object and holds a list"),
    ])
    func `a value of another type ends the start`(_ text: String, _ sentence: String) {
        #expect(throws: Sentence(text: sentence)) { try read(text) }
    }

    @Test func `a wrong type in the file is told even where the environment overrules it`() {
        #expect(throws: Sentence(text: "'listen' in 'FILE' must be text in quotes and is the number 8083")) {
            try read(#"{"listen": 8083}"#, environment: ["HUBD_LISTEN": "127.0.0.1:1"])
        }
    }

    @Test(arguments: [
        "{", "", "{\"listen\": 'x'}", "\u{0}", #"{"listen": "127.0.0.1:1",}"#, #"{"listen": "a", "listen": "b"}"#,
    ])
    func `what is no JSON is told so`(_ text: String) {
        let error = #expect(throws: Sentence.self) { try read(text) }
        #expect(error?.text.hasPrefix("the configuration file 'FILE' is not JSON") == true)
    }

    @Test func `where JSON breaks off is told`() {
        #expect(
            throws: Sentence(
                text: "the configuration file 'FILE' is not JSON: ',' or '}' is expected (at byte 24)")
        ) { try read(#"{"listen": "127.0.0.1:1""#) }
    }

    @Test func `a folder in the place of the file is told so`() {
        #expect(throws: Sentence(text: "the configuration: 'FILE' is a folder; expected a file")) {
            try read([:]) { path in
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            }
        }
    }

    @Test func `a file that is not there is told so`() {
        #expect(throws: Sentence(text: "there is no configuration file 'FILE'")) { try read([:]) { _ in } }
    }
}
