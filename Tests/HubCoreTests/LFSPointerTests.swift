import HubCore
import Testing

@Suite struct LFSPointerTests {
    private static let version = "version https://git-lfs.github.com/spec/v1"
    private static let oid = String(repeating: "4d7a2146", count: 8)

    private func parse(_ text: String) -> LFSPointer? { LFSPointer(parsing: Array(text.utf8)) }

    @Test func `a pointer reads back as it was written`() throws {
        let pointer = LFSPointer(digest: try ContentDigest(parsing: Self.oid), size: 12345)
        #expect(pointer.text == "\(Self.version)\noid sha256:\(Self.oid)\nsize 12345\n")
        #expect(parse(pointer.text) == pointer)
    }

    @Test func `extensions between the version and the content are allowed`() {
        let text = "\(Self.version)\next-0-foo sha256:\(Self.oid)\noid sha256:\(Self.oid)\nsize 0\n"
        #expect(parse(text)?.size == 0)
    }

    @Test(
        arguments: [
            "",
            "\n",
            "\(version)\n",
            "\(version)\noid sha256:\(oid)\n",
            "\(version)\noid sha256:\(oid)\nsize 1",
            "\(version)\noid sha256:\(oid)\nsize 1\n\n",
            "\(version)\n\noid sha256:\(oid)\nsize 1\n",
            "\(version)\nsize 1\noid sha256:\(oid)\n",
            "oid sha256:\(oid)\nsize 1\n\(version)\n",
            "\(version)\r\noid sha256:\(oid)\r\nsize 1\r\n",
            "\(version)\noid sha256:\(oid)\nsize 1\r\n",
            "\(version)\noid sha256:\(oid)\noid sha256:\(oid)\nsize 1\n",
            "\(version)\noid sha256:\(oid)\nsize 1\nsize 2\n",
            "\(version)\noid sha256:\(oid.uppercased())\nsize 1\n",
            "\(version)\noid sha256:\(oid.dropLast())\nsize 1\n",
            "\(version)\noid sha1:\(oid)\nsize 1\n",
            "\(version)\noid \(oid)\nsize 1\n",
            "\(version)\noid sha256:\(oid)\nsize -1\n",
            "\(version)\noid sha256:\(oid)\nsize +1\n",
            "\(version)\noid sha256:\(oid)\nsize \n",
            "\(version)\noid sha256:\(oid)\nsize 1 \n",
            "\(version)\noid sha256:\(oid)\nsize 99999999999999999999\n",
            "\(version)\noid sha256:\(oid)\nsize 0x10\n",
            "\(version)\noid  sha256:\(oid)\nsize 1\n",
            " \(version)\noid sha256:\(oid)\nsize 1\n",
            "\(version)\nevil 1\noid sha256:\(oid)\nsize 1\n",
            "version https://git-lfs.github.com/spec/v2\noid sha256:\(oid)\nsize 1\n",
        ]
    )
    func `anything else is an ordinary file`(_ text: String) {
        #expect(parse(text) == nil)
    }

    @Test func `a file longer than any pointer is none`() {
        let padding = String(repeating: "x", count: LFSPointer.maximumByteCount)
        #expect(parse("\(Self.version)\next-0-x \(padding)\noid sha256:\(Self.oid)\nsize 1\n") == nil)
    }

    @Test func `bytes that are no text are an ordinary file`() {
        #expect(LFSPointer(parsing: Array("\(Self.version)\noid sha256:".utf8) + [0xFF, 0xFE, 0x0A]) == nil)
    }
}
