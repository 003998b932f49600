import Foundation
import HubCore
import Testing

@Suite struct HashTests {
    @Test func `a Xet string reverses the bytes in groups of eight`() throws {
        let hash = try #require(XetHash(bytes: Array(UInt8(0)..<32)))
        #expect(hash.string == "07060504030201000f0e0d0c0b0a090817161514131211101f1e1d1c1b1a1918")
        #expect(try XetHash(parsing: hash.string) == hash)
        #expect(hash.bytes == Array(0..<32))
    }

    @Test func `the last word is the last sixteen digits of the Xet string`() throws {
        let hash = try #require(XetHash(bytes: Array(UInt8(0)..<32)))
        #expect(hash.lastWord == 0x1f1e_1d1c_1b1a_1918)
    }

    @Test func `Xet hashes order as their strings do`() throws {
        let hashes = try [
            "0000000000000001000000000000000000000000000000000000000000000000",
            "0000000000000000ff00000000000000000000000000000000000000000000ff",
            "ff00000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000001",
        ].map { try XetHash(parsing: $0) }
        #expect(hashes.sorted().map(\.string) == hashes.map(\.string).sorted())
    }

    @Test func `a SHA-256 is written in the order of its bytes`() throws {
        let digest = try #require(ContentDigest(bytes: Array(UInt8(0)..<32)))
        #expect(digest.hex == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
        #expect(try ContentDigest(parsing: digest.hex) == digest)
    }

    @Test func `a git object id is forty digits`() throws {
        let text = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        #expect(try ObjectID(parsing: text).hex == text)
        #expect(ObjectID.zero.hex == String(repeating: "0", count: 40))
    }

    @Test(
        arguments: [
            "", "00", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
            String(repeating: "A", count: 64), String(repeating: "g", count: 64), String(repeating: "é", count: 64),
            String(repeating: "é", count: 32), " " + String(repeating: "0", count: 63),
            "0x" + String(repeating: "0", count: 62),
            String(repeating: "\u{FF10}", count: 64),
        ]
    )
    func `what is not lowercase hex of the right length is no hash`(_ text: String) {
        #expect(throws: HubError.self) { try ContentDigest(parsing: text) }
        #expect(throws: HubError.self) { try XetHash(parsing: text) }
        #expect(throws: HubError.self) { try ObjectID(parsing: text) }
    }

    @Test(arguments: [0, 1, 19, 21, 31, 33, 64])
    func `the wrong number of bytes is no hash`(_ count: Int) {
        let bytes = [UInt8](repeating: 7, count: count)
        #expect(Digest256(bytes) == nil)
        #expect(ContentDigest(bytes: bytes) == nil)
        #expect(XetHash(bytes: bytes) == nil)
        #expect(ObjectID(bytes: bytes) == nil)
    }

    @Test(arguments: 0..<32)
    func `digests that differ in one byte differ`(_ place: Int) {
        var bytes = [UInt8](repeating: 0, count: 32)
        bytes[place] = 1
        #expect(Digest256(bytes) != Digest256.zero)
        #expect(Digest256(bytes)?.bytes == bytes)
    }

    @Test func `hashes travel in JSON as text`() throws {
        let digest = try #require(ContentDigest(bytes: Array(UInt8(0)..<32)))
        let hash = try #require(XetHash(bytes: Array(UInt8(0)..<32)))
        let id = try #require(ObjectID(bytes: Array(UInt8(0)..<20)))
        #expect(try roundTrip(digest) == "[\"\(digest.hex)\"]")
        #expect(try roundTrip(hash) == "[\"\(hash.string)\"]")
        #expect(try roundTrip(id) == "[\"\(id.hex)\"]")
    }

    @Test func `a wrong hash in JSON is refused`() {
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode([ContentDigest].self, from: Data("[\"xyz\"]".utf8))
        }
    }

    private func roundTrip<Value: Codable & Equatable>(_ value: Value) throws -> String {
        let data = try JSONEncoder().encode([value])
        #expect(try JSONDecoder().decode([Value].self, from: data) == [value])
        return String(decoding: data, as: UTF8.self)
    }
}
