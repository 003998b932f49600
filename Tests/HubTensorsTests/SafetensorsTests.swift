import HubCore
import HubTensors
import Testing

@Suite struct SafetensorsTests {
    @Test func `a file of Python's safetensors reads as it was written`() async throws {
        let file = try await SafetensorsFile.open(try Fixture.file("safetensors/all-types.safetensors"), path: "x")
        let expected = try #require(try Fixture.json("safetensors/all-types.json").object)
        #expect(Set(file.tensors.map(\.name)) == Set(expected.keys.map(\.string)))
        for tensor in file.tensors {
            let said = try #require(expected[tensor.name])
            #expect(tensor.dtype.rawValue == said["dtype"]?.string)
            #expect(tensor.shape == said["shape"]?.array?.compactMap(\.int))
            #expect(Hex.encode(try await file.reader.read(tensor.range)) == said["hex"]?.string)
        }
        #expect(file.header.metadata.first { $0.key == "ключ" }?.value == "a \"b\"\n")
    }

    @Test func `a header laid out anew is read as the same`() async throws {
        let bytes = try Fixture.bytes("safetensors/all-types.safetensors")
        let file = try await SafetensorsFile.open(BufferReader(bytes), path: "x")
        let again = SafetensorsHeader(
            metadata: file.header.metadata,
            layingOut: file.tensors.map { ($0.name, $0.dtype, $0.shape, $0.byteCount) })
        #expect(again.serialized.count.isMultiple(of: 8))
        let data = try await file.reader.read(file.header.dataStart..<bytes.count)
        let reread = try await SafetensorsFile.open(BufferReader(again.serialized + data), path: "x")
        #expect(reread.tensors.map(\.typeDescription) == file.tensors.map(\.typeDescription))
        #expect(again.fileSize == again.serialized.count + data.count)
    }

    /// A header, how many bytes of data follow it, and what must be said of which tensor.
    struct Attack: CustomTestStringConvertible, Sendable {
        let header: String
        let data: Int
        let tensor: String?
        let words: String

        init(_ header: String, data: Int = 0, of tensor: String? = nil, _ words: String) {
            (self.header, self.data, self.tensor, self.words) = (header, data, tensor, words)
        }

        var testDescription: String { "\(words): \(header.prefix(60))" }
    }

    private static func entry(_ name: String, _ type: String, _ shape: String, _ offsets: String) -> String {
        #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
    }

    private static func file(_ entries: String...) -> String { "{\(entries.joined(separator: ","))}" }

    @Test(
        "a header that lies is refused with the name of the tensor",
        arguments: [
            Attack(file(entry("a", "F32", "[2]", "[0,8]")), data: 7, of: "a", "only 7 bytes of data"),
            Attack(
                file(entry("a", "F32", "[2]", "[0,8]"), entry("b", "F32", "[2]", "[4,12]")), data: 12, of: "b",
                "overlaps that of 'a'"),
            Attack(
                file(entry("a", "F32", "[1]", "[0,4]"), entry("b", "F32", "[1]", "[8,12]")), data: 12, of: "b",
                "4 bytes before its data belong to no tensor"),
            Attack(file(entry("a", "F32", "[1]", "[4,8]")), data: 8, of: "a", "4 bytes before"),
            Attack(file(entry("a", "F32", "[1]", "[0,4]")), data: 9, of: "a", "5 bytes follow the last tensor"),
            Attack(file(entry("a", "F32", "[1]", "[0,4]"), entry("a", "F32", "[1]", "[4,8]")), data: 8, "twice"),
            Attack(file(entry("a", "F33", "[1]", "[0,4]")), data: 4, of: "a", "'F33' is not a dtype"),
            Attack(file(entry("a", "F16", "[2]", "[0,8]")), data: 8, of: "a", "needs 4 bytes, but its data has 8"),
            Attack(file(entry("a", "F4", "[1]", "[0,1]")), data: 1, of: "a", "does not fill whole bytes"),
            Attack(
                file(entry("a", "F64", "[4294967296,4294967296]", "[0,0]")), of: "a", "the product of its shape"),
            Attack(
                file(entry("a", "F64", "[4294967296,4294967296,0]", "[0,0]")), of: "a", "the product of its shape"),
            Attack(file(entry("a", "F32", "[-1]", "[0,4]")), data: 4, of: "a", "not a whole number"),
            Attack(file(entry("a", "F32", "[1.0]", "[0,4]")), data: 4, of: "a", "not a whole number"),
            Attack(file(entry("a", "F32", "[9223372036854775808]", "[0,4]")), data: 4, of: "a", "not a whole number"),
            Attack(file(entry("a", "F32", "[1]", "[4,0]")), data: 4, of: "a", "before it starts"),
            Attack(file(entry("a", "F32", "[1]", "[0]")), data: 4, of: "a", "no pair of numbers"),
            Attack(file(entry("a", "F32", "{}", "[0,4]")), data: 4, of: "a", "'shape' is missing"),
            Attack(file(#""a":{"shape":[1],"data_offsets":[0,4]}"#), data: 4, of: "a", "'dtype' is missing"),
            Attack(
                file(#""a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}"#), of: "a", "an unknown key 'x'"),
            Attack(file(#""a":7"#), of: "a", "the entry is a number"),
            Attack(file(entry("", "U8", "[0]", "[0,0]")), of: "", "a tensor's name is empty"),
            Attack(file(entry(#"a\u0000b"#, "U8", "[0]", "[0,0]")), of: "a?b", "control characters"),
            Attack(
                file(entry("\u{E9}", "U8", "[0]", "[0,0]"), entry("e\u{301}", "U8", "[0]", "[0,0]")), of: "e\u{301}",
                "Unicode composition"),
            Attack(
                file(entry("a", "U8", "[\(repeatElement("1", count: 33).joined(separator: ","))]", "[0,1]")),
                data: 1, of: "a", "more than 32 dimensions"),
            Attack(#"{"__metadata__":[]}"#, "'__metadata__' is an array"),
            Attack(#"{"__metadata__":{"a":1}}"#, "a number under 'a'"),
            Attack("[]", "does not start with '{'"),
            Attack(" {}", "does not start with '{'"),
            Attack("{}x", "not JSON padded with spaces"),
            Attack("{}\n", "not JSON padded with spaces"),
            Attack("{,}", "cannot be read"),
            Attack(#"{"a":{"b":{"c":{"d":{"e":{}}}}}}"#, "cannot be read"),
            Attack(String(repeating: #"{"a":"#, count: 100_000) + "}", "cannot be read"),
        ])
    func lies(_ attack: Attack) async throws {
        let bytes = TestFile.safetensors(header: attack.header, data: attack.data)
        let (file, findings) = try await SafetensorsFile.inspect(BufferReader(bytes), path: "model.safetensors")
        #expect(file == nil)
        #expect(
            findings.contains {
                $0.message.contains(attack.words) && $0.tensor == attack.tensor && $0.severity == .error
                    && $0.path == "model.safetensors"
            }, "\(findings)")
    }

    @Test(
        "a file that is no safetensors file is refused",
        arguments: [
            ([], "too few"),
            ([1, 2, 3], "too few"),
            (UInt64(0).littleEndianBytes, "the header is empty"),
            (UInt64(100_000_001).littleEndianBytes, "more than 100000000"),
            (UInt64.max.littleEndianBytes, "more than 100000000"),
            (UInt64(10).littleEndianBytes + Array("{}".utf8), "the file has only 10"),
            (UInt64(3).littleEndianBytes + [0x7B, 0xFF, 0x7D], "UTF-8"),
            (UInt64(4).littleEndianBytes + [0x7B, 0x00, 0x7D, 0x20], "cannot be read"),
        ] as [([UInt8], String)])
    func broken(_ bytes: [UInt8], words: String) async throws {
        let (file, findings) = try await SafetensorsFile.inspect(BufferReader(bytes), path: "x")
        #expect(file == nil)
        #expect(findings.count == 1 && findings[0].message.contains(words), "\(findings)")
    }

    @Test func `every cut of a good file is refused`() async throws {
        let bytes = TestFile.safetensors([TestTensor("a", [1, 2]), TestTensor("b", [3], as: .float16)])
        for count in 0..<bytes.count {
            let (file, findings) = try await SafetensorsFile.inspect(BufferReader(Array(bytes[..<count])), path: "x")
            #expect(file == nil && !findings.isEmpty, "cut at \(count)")
        }
        _ = try await SafetensorsFile.open(BufferReader(bytes), path: "x")
    }

    @Test func `a broken header is described by a bounded number of findings`() async throws {
        let entries = (0..<1000).map { Self.entry("t\($0)", "F32", "[1]", "[0,3]") }.joined(separator: ",")
        let bytes = TestFile.safetensors(header: "{\(entries)}", data: 3)
        let findings = try await SafetensorsFile.inspect(BufferReader(bytes), path: "x").findings
        #expect((1...60).contains(findings.count))
    }

    @Test func `more tensors than the limit are refused`() async throws {
        var limits = SafetensorsLimits()
        limits.tensorCount = 3
        let names = ["a", "b", "c", "d"]
        let few = TestFile.safetensors(names.prefix(3).map { TestTensor($0, [1]) })
        let many = TestFile.safetensors(names.map { TestTensor($0, [1]) })
        #expect(try await SafetensorsFile.inspect(BufferReader(few), path: "x", limits: limits).file != nil)
        #expect(try await SafetensorsFile.inspect(BufferReader(many), path: "x", limits: limits).file == nil)
    }
}
