import Foundation
import HubCore
import HubTensors
import Testing

/// Files that would harm whoever loads them, and files that look like it.
@Suite struct SecurityCheckTests {
    /// A file of the corpus and the words its findings must hold; nil for a file that is fine.
    struct Verdict: CustomTestStringConvertible, Sendable {
        let file: String
        let words: String?

        var testDescription: String { file }

        static func all() throws -> [Verdict] {
            (try Fixture.json("pickle/verdicts.json").object ?? JSONObject()).members.map {
                Verdict(file: $0.string, words: $1.string)
            }
        }
    }

    private static func findings(
        _ name: String, _ bytes: [UInt8], limits: SecurityCheck.Limits = .init()
    ) async throws -> [Finding] {
        try await SecurityCheck.findings(path: name, reader: BufferReader(bytes), limits: limits)
    }

    @Test(arguments: try Verdict.all())
    func `each file of the corpus is judged by what it would do`(_ verdict: Verdict) async throws {
        let findings = try await Self.findings(verdict.file, try Fixture.bytes("pickle/\(verdict.file)"))
        let errors = findings.filter { $0.severity == .error }
        #expect(errors.isEmpty == (verdict.words == nil), "\(findings)")
        if let words = verdict.words { #expect(errors.contains { $0.message.contains(words) }, "\(findings)") }
        #expect(findings.allSatisfy { $0.path == verdict.file })
    }

    @Test(arguments: try Verdict.all().filter { $0.words?.contains(".") == true })
    func `what runs code is found under every name`(_ verdict: Verdict) async throws {
        let bytes = try Fixture.bytes("pickle/\(verdict.file)")
        for name in ["a.pkl", "weights.bin", "README", "picture.jpg", "data.json"] {
            let errors = try await Self.findings(name, bytes).filter { $0.severity == .error }
            #expect(!errors.isEmpty, "\(verdict.file) as \(name)")
        }
    }

    @Test(arguments: try Verdict.all())
    func `a file cut anywhere is judged without a fault`(_ verdict: Verdict) async throws {
        let bytes = try Fixture.bytes("pickle/\(verdict.file)")
        let step = max(1, bytes.count / 97)
        for end in stride(from: 0, to: bytes.count, by: step) {
            _ = try await Self.findings(verdict.file, Array(bytes[..<end]))
        }
    }

    @Test(arguments: try Verdict.all())
    func `a file with damaged bytes is judged without a fault`(_ verdict: Verdict) async throws {
        let bytes = try Fixture.bytes("pickle/\(verdict.file)")
        guard !bytes.isEmpty else { return }
        var generator = SplitMix(seed: 11)
        for _ in 0..<60 {
            var damaged = bytes
            for _ in 0..<3 {
                damaged[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            _ = try await Self.findings(verdict.file, damaged)
        }
    }

    @Test func `a pickle with more operations than the limit cannot be scanned, so it fails`() async throws {
        var limits = SecurityCheck.Limits()
        limits.operations = 4
        let bytes = try Fixture.bytes("pickle/containers.pickle")
        let findings = try await Self.findings("containers.pickle", bytes, limits: limits)
        #expect(findings.contains { $0.message == "the pickle holds too many operations to be scanned" })
    }

    @Test func `a packed member larger than the limit cannot be scanned, so it fails`() async throws {
        var limits = SecurityCheck.Limits()
        limits.unpackedMember = 1 << 17
        // Text that starts like a pickle goes on longer than a first look, so all of it is wanted.
        let pickle = [0x80, 0x04, 0x58] + UInt32(1 << 18).littleEndianBytes + [UInt8](repeating: 0x61, count: 1 << 18)
        let findings = try await Self.findings("a.pkl.gz", Self.gzip(pickle + [0x2E]), limits: limits)
        #expect(findings.contains { $0.message.hasSuffix("the entry is too large to be unpacked and scanned") })
        #expect(try await Self.findings("a.pkl.gz", Self.gzip(pickle + [0x2E])).isEmpty)
    }

    @Test func `archives deeper than the limit cannot be scanned, so they fail`() async throws {
        var limits = SecurityCheck.Limits()
        limits.depth = 1
        let bytes = try Fixture.bytes("pickle/zip-in-zip.bin")
        let findings = try await Self.findings("zip-in-zip.bin", bytes, limits: limits)
        #expect(findings.contains { $0.message.hasSuffix("archives lie too deep in each other to be scanned") })
    }

    @Test func `a gzip of gzips ends at the depth and not at the memory`() async throws {
        var bytes = try Fixture.bytes("pickle/os-system.pkl")
        for _ in 0..<50 { bytes = Self.gzip(bytes) }
        let findings = try await Self.findings("a.gz", bytes)
        #expect(findings.contains { $0.message.hasSuffix("archives lie too deep in each other to be scanned") })
    }

    @Test func `one file is described by fifty findings at most`() async throws {
        let calls = (0..<500).flatMap { Array("cm\($0)\nrun\n(S'x'\ntR0".utf8) }
        let findings = try await Self.findings("a.pkl", calls + Array("N.".utf8))
        #expect((1...50).contains(findings.count))
    }

    @Test func `a name in a message cannot drive a terminal`() async throws {
        let bytes = Array("cos\u{1B}[2J\nsystem\n(S'x'\ntR.".utf8)
        let findings = try await Self.findings("a.pkl", bytes)
        #expect(!findings.isEmpty)
        #expect(findings.allSatisfy { !$0.message.unicodeScalars.contains("\u{1B}") })
    }

    @Test func `random bytes and plain weights are no pickle`() async throws {
        var generator = SplitMix(seed: 3)
        for round in 0..<40 {
            let bytes = generator.bytes(40_000)
            #expect(try await Self.findings("noise-\(round).bin", bytes).filter { $0.severity == .error }.isEmpty)
        }
    }

    /// A gzip file of stored blocks.
    private static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
        var place = 0
        repeat {
            let block = bytes[place..<min(place + 65535, bytes.count)]
            place += block.count
            result.append(place == bytes.count ? 1 : 0)
            result += UInt16(block.count).littleEndianBytes + (~UInt16(block.count)).littleEndianBytes + block
        } while place < bytes.count
        return result + [UInt8](repeating: 0, count: 8)
    }
}
