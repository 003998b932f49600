import HubCore
import HubTensors
import Testing

@Suite struct GGUFWideningTests {
    private static let types = GGUFType.allCases.filter { $0.canBeWidened && $0 != .f32 }

    @Test("every float equals the gguf package's, bit by bit", arguments: types)
    func golden(_ type: GGUFType) async throws {
        let golden = try await Fixture.checkpoint("gguf/dequantised.safetensors")
        let blocks = try #require(try await golden.bytes("\(type).blocks"))
        let expected = try await golden.floats("\(type).values")
        let floats = try type.widen(blocks)
        #expect(floats.map(\.bitPattern) == expected.map(\.bitPattern))
        #expect(floats.count == blocks.count / type.blockByteCount * type.blockSize)
    }

    @Test("bytes that are no whole blocks are refused", arguments: types)
    func partial(_ type: GGUFType) {
        #expect(throws: HubError.self) { try type.widen([UInt8](repeating: 0, count: type.blockByteCount + 1)) }
    }

    @Test(
        "a type that cannot be widened says so",
        arguments: GGUFType.allCases.filter { !$0.canBeWidened })
    func unknown(_ type: GGUFType) {
        #expect(throws: HubError.invalid("tensors of type \(type) cannot be widened")) {
            try type.widen([UInt8](repeating: 0, count: type.blockByteCount))
        }
    }

    @Test func `nothing widens to nothing`() throws {
        #expect(try GGUFType.q4_k.widen([]).isEmpty)
    }
}
