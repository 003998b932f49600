import Foundation
import HubCore
import Testing

@Suite struct FindingTests {
    @Test func `a finding reads as one line that names file and tensor`() {
        let finding = Finding(.error, "holds 3 NaN", in: "model.safetensors", tensor: "wte.weight")
        #expect(finding.description == "error: model.safetensors [wte.weight]: holds 3 NaN")
        #expect(Finding(.note, "is fine", in: "a").description == "note: a: is fine")
    }

    @Test func `severities order from note to error`() {
        #expect(Finding.Severity.allCases.sorted() == [.note, .warning, .error])
        #expect(Finding.Severity.note < .error)
    }

    @Test func `a finding survives JSON`() throws {
        let finding = Finding(.warning, "is all zero", in: "x.gguf", tensor: "t")
        let data = try JSONEncoder().encode(finding)
        #expect(try JSONDecoder().decode(Finding.self, from: data) == finding)
    }

    @Test func `an error says all of its findings`() {
        let error = HubError.refused([Finding(.error, "one", in: "a"), Finding(.error, "two", in: "b")])
        #expect(error.description == "error: a: one\nerror: b: two")
    }

    @Test func `missing content is named whole`() throws {
        let digest = try ContentDigest(parsing: String(repeating: "ab", count: 32))
        #expect(HubError.missingContent([digest]).description == "content not uploaded: \(digest.hex)")
        #expect(HubError.rangeNotSatisfiable(size: 3).description.contains("3 bytes"))
        #expect(HubError.tooLarge("over the limit").description == "over the limit")
    }
}
