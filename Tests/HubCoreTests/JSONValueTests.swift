import Foundation
import HubCore
import Testing

@Suite struct JSONValueTests {
    @Test(arguments: [
        #"null"#, #"true"#, #"[1,2.5,"three",{"four":[]}]"#, #"{"b":{"a":-1,"c":"é"},"list":[null,false,0]}"#,
        #"{"n":9007199254740993}"#,
    ])
    func `a value goes through a coder and back unchanged`(_ text: String) throws {
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(value), as: UTF8.self) == text)
    }

    @Test func `what is no number is written as null`() throws {
        let coded = try JSONEncoder().encode([JSONValue.number(.nan), .number(.infinity)])
        #expect(String(decoding: coded, as: UTF8.self) == "[null,null]")
    }
}
