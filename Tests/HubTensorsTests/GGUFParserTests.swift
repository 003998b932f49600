import HubCore
import HubTensors
import Testing

@Suite struct GGUFParserTests {
    private static var good: TestGGUF {
        var file = TestGGUF()
        file.add("a", [3, 2], [1, 2, 3, 4, 5, 6])
        file.add("b", [32], .q8_0, [UInt8](repeating: 0, count: 34))
        file.add("c", [], [7])
        return file
    }

    @Test func `a sound file reads as it was written`() async throws {
        var written = Self.good
        written.set("a.text", .text("größe"))
        written.set("a.texts", .texts(["x", "", "yz"]))
        written.set("a.number", .float32(0.5))
        written.set("a.bool", .bool(1))
        written.set("a.negative", .int32(-7))
        written.set("a.numbers", .floats([1, -2]))
        let file = try await GGUFFile.open(written.reader, path: "x.gguf")
        #expect(file.version == 3 && file.architecture == "llama")
        #expect(file.tensors.map(\.name) == ["a", "b", "c"])
        #expect(file.tensors.map(\.shape) == [[2, 3], [32], []])
        #expect(file.tensors.map(\.range.count) == [24, 34, 4])
        #expect(file["a.text"]?.string == "größe")
        #expect(file["a.texts"]?.texts == [[0x78], [], [0x79, 0x7A]])
        #expect(file["a.number"]?.double == 0.5 && file["a.bool"]?.bool == true && file["a.negative"]?.int == -7)
        #expect(file["a.numbers"] == .numbers([1, -2]))
        #expect(try await file.reader.read(file.tensors[2].range) == Float(7).bitPattern.littleEndianBytes)
    }

    @Test func `another alignment is kept`() async throws {
        var written = TestGGUF()
        written.padding = 64
        written.set("general.alignment", .uint32(64))
        written.add("a", [1], [1])
        written.add("b", [1], [2])
        let file = try await GGUFFile.open(written.reader, path: "x")
        #expect(file.tensors.map(\.range.lowerBound).allSatisfy { $0.isMultiple(of: 64) })
    }

    @Test func `a file of the gguf package is read`() async throws {
        let file = try await GGUFFile.open(try Fixture.file("gguf/tiny-llama.gguf"), path: "x")
        #expect(file["llama.embedding_length"]?.int == 64)
        #expect(file["tokenizer.ggml.tokens"]?.texts?.count == 288)
        #expect(file.tensors.first { $0.name == "blk.1.ffn_down.weight" }?.shape == [64, 96])
    }

    struct Attack: CustomTestStringConvertible, Sendable {
        let bytes: [UInt8]
        let tensor: String?
        let words: String

        init(_ words: String, of tensor: String? = nil, _ change: (inout TestGGUF) -> Void) {
            var file = GGUFParserTests.good
            change(&file)
            (bytes, self.tensor, self.words) = (file.bytes, tensor, words)
        }

        var testDescription: String { words }
    }

    @Test(
        "a header that lies is refused",
        arguments: [
            Attack("no GGUF file") { $0.magic = "GGML" },
            Attack("version 1 ") { $0.version = 1 },
            Attack("version 50331648 ") { $0.version = 3 << 24 },
            Attack("claims 18446744073709551615 tensors") { $0.tensorCount = .max },
            Attack("claims 1000 tensors, more than the file can hold") { $0.tensorCount = 1000 },
            Attack("claims 18446744073709551615 keys") { $0.keyCount = .max },
            Attack("the name of a tensor claims 0 bytes") { $0.tensorCount = 4 },
            Attack("'general.architecture' is missing") { $0.metadata = [] },
            Attack("'general.architecture' is missing or no text") { $0.set("general.architecture", .uint32(1)) },
            Attack("stands twice") { $0.metadata.append(("general.architecture", .text("x"))) },
            Attack("unknown value type 13") { $0.set("a", .raw(13, [])) },
            Attack("arrays in an array") { $0.set("a", .raw(9, UInt32(9).littleEndianBytes)) },
            Attack("more than the file can hold") {
                $0.set("a", .raw(9, UInt32(0).littleEndianBytes + UInt64.max.littleEndianBytes))
            },
            Attack("claims a text of 18446744073709551615 bytes") {
                $0.set("a", .raw(8, UInt64.max.littleEndianBytes))
            },
            Attack("neither 0 nor 1") { $0.set("a", .bool(2)) },
            Attack("holds 18446744073709551615, which is too large") {
                $0.set("a", .raw(10, UInt64.max.littleEndianBytes))
            },
            Attack("'general.alignment' is 3") { $0.set("general.alignment", .uint32(3)) },
            Attack("'general.alignment' is 0") { $0.set("general.alignment", .uint32(0)) },
            Attack("must be a 32-bit unsigned integer") { $0.set("general.alignment", .int32(32)) },
            Attack("the name of a key claims 0 bytes") { $0.set("", .bool(1)) },
            Attack("the name of a key claims 2000 bytes") { $0.set(String(repeating: "k", count: 2000), .bool(1)) },
            Attack("is not readable text") { $0.set("a\nb", .bool(1)) },
            Attack("stands twice", of: "a") { $0.tensors[1].name = "a" },
            Attack("has 5 dimensions", of: "a") { $0.tensors[0].dimensions = [1, 1, 1, 1, 1] },
            Attack("a dimension of 0", of: "a") { $0.tensors[0].dimensions = [0] },
            Attack("a dimension of 18446744073709551615", of: "a") { $0.tensors[0].dimensions = [.max] },
            Attack("too many elements", of: "a") { $0.tensors[0].dimensions = [1 << 40, 1 << 40] },
            Attack("unknown type 4", of: "a") { $0.tensors[0].type = 4 },
            Attack("rows of 33 cannot be stored as Q8_0", of: "b") { $0.tensors[1].dimensions = [33] },
            Attack("beyond the end of the file", of: "a") { $0.tensors[0].offset = .max },
            Attack("beyond the end of the file", of: "a") { $0.tensors[0].dimensions = [1 << 20] },
            Attack("no multiple of the alignment", of: "b") { $0.tensors[1].offset = 33 },
            Attack("inside the one before it", of: "b") { $0.tensors[1].offset = 0 },
            Attack("belong to none", of: "c") {
                $0.tensors[2].offset += 32
                $0.data += [UInt8](repeating: 0, count: 32)
            },
            Attack("one integer for each of the 2 tokens") {
                $0.set("tokenizer.ggml.tokens", .texts(["a", "b"]))
                $0.set("tokenizer.ggml.token_type", .ints([1]))
            },
            Attack("one number for each of the 2 tokens") {
                $0.set("tokenizer.ggml.tokens", .texts(["a", "b"]))
                $0.set("tokenizer.ggml.scores", .floats([1]))
            },
            Attack("not an array of texts") { $0.set("tokenizer.ggml.tokens", .text("a")) },
        ])
    func lies(_ attack: Attack) async throws {
        let (file, findings) = try await GGUFFile.inspect(BufferReader(attack.bytes), path: "x.gguf")
        #expect(file == nil)
        #expect(
            findings.contains {
                $0.message.contains(attack.words) && $0.tensor == attack.tensor && $0.severity == .error
            }, "\(findings)")
    }

    @Test func `every cut of a sound file is refused`() async throws {
        let bytes = Self.good.bytes
        for count in 0..<bytes.count {
            let (file, findings) = try await GGUFFile.inspect(BufferReader(Array(bytes[..<count])), path: "x")
            #expect(file == nil && !findings.isEmpty, "cut at \(count)")
        }
        _ = try await GGUFFile.open(BufferReader(bytes), path: "x")
    }

    @Test func `bytes behind the last tensor are refused`() async throws {
        let bytes = Self.good.bytes + [UInt8](repeating: 1, count: 64)
        let findings = try await GGUFFile.inspect(BufferReader(bytes), path: "x").findings
        #expect(findings.count == 1, "\(findings)")
    }

    @Test("any bytes behind the magic end in a finding or a file", arguments: 0..<40)
    func noise(seed: UInt64) async throws {
        var generator = SplitMix(seed: seed)
        var bytes = Self.good.bytes
        for _ in 0..<1 + Int(seed) % 5 {
            let place = Int.random(in: 4..<bytes.count, using: &generator)
            bytes[place] = UInt8(truncatingIfNeeded: generator.next())
        }
        let (file, findings) = try await GGUFFile.inspect(BufferReader(bytes), path: "x")
        #expect((file == nil) == !findings.isEmpty)
    }
}
