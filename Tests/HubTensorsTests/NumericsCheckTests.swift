import HubCore
import HubTensors
import Testing

@Suite struct NumericsCheckTests {
    private static func findings(_ tensors: [TestTensor]) async throws -> [String] {
        try await NumericsCheck.findings(.holding(tensors)).map { finding in
            "\(finding.severity.rawValue) \(finding.path) \(finding.tensor ?? ""): \(finding.message)"
        }
    }

    @Test(arguments: [DType.float16, .bfloat16, .float32, .float64])
    func `NaN and infinity are counted, naming file and tensor`(_ dtype: DType) async throws {
        let found = try await Self.findings([
            TestTensor("bad", [1, .nan, .infinity, -.infinity, 2, 3], as: dtype, shape: [2, 3]),
            TestTensor("good", [1, 2], as: dtype),
        ])
        #expect(
            found == [
                "error model.safetensors bad: 1 of 6 elements are NaN",
                "error model.safetensors bad: 2 of 6 elements are infinite",
            ])
    }

    @Test func `a matrix of zeros or of one number is a warning`() async throws {
        let found = try await Self.findings([
            TestTensor("zero", [0, 0, 0, -0.0], shape: [2, 2]), TestTensor("same", [3, 3, 3, 3], shape: [2, 2]),
            TestTensor("varied", [0, 0, 0, 1], shape: [2, 2]),
        ])
        #expect(
            found == [
                "warning model.safetensors zero: all 4 elements are zero",
                "warning model.safetensors same: all 4 elements are 3.0",
            ])
    }

    @Test func `a vector may be zero or one, and a single number whatever it likes`() async throws {
        let found = try await Self.findings([
            TestTensor("bias", [0, 0, 0]), TestTensor("norm", [1, 1, 1]), TestTensor("scale", [7], shape: [1, 1]),
        ])
        #expect(found.isEmpty)
    }

    @Test func `codes are no numbers`() async throws {
        #expect(try await Self.findings([TestTensor("codes", [0, 0, 0, 0], as: .uint8, shape: [2, 2])]).isEmpty)
    }

    @Test func `the last element of a large tensor is looked at, too`() async throws {
        let count = 1 << 18 + 1
        var values = [Double](repeating: 0, count: count)
        values[count - 1] = .nan
        let found = try await Self.findings([TestTensor("t", values, as: .bfloat16, shape: [1, count])])
        #expect(found.first == "error model.safetensors t: 1 of \(count) elements are NaN")
    }
}
