import Foundation
import HubCore
import Testing

@Suite struct VisibleTextTests {
    @Test(arguments: [
        ("plain-1.0", "plain-1.0"), ("caf\u{E9} \u{65E5}\u{672C}", "caf\u{E9} \u{65E5}\u{672C}"),
        ("a\u{202E}b", #"a\u{202E}b"#), ("a\u{1B}[31mb", #"a\u{1B}[31mb"#), ("a\u{9B}31mb", #"a\u{9B}31mb"#),
        ("a\nb", #"a\u{A}b"#), ("a\u{200D}b", #"a\u{200D}b"#), ("\u{FEFF}", #"\u{FEFF}"#),
        ("\u{E0041}", #"\u{E0041}"#),
    ])
    func `what is not seen in a name is spelled out`(_ name: String, _ shown: String) {
        #expect(name.spelledOut == shown)
    }

    @Test(arguments: [
        ("one\n\ttwo", "one\n\ttwo"), ("\u{1B}]0;x\u{7}", #"\u{1B}]0;x\u{7}"#), ("a\r\u{8}b", #"a\u{D}\u{8}b"#),
        ("\u{202E}txt", #"\u{202E}txt"#), ("\u{1F469}\u{200D}\u{1F4BB}", "\u{1F469}\u{200D}\u{1F4BB}"),
    ])
    func `prose keeps its lines and joiners and loses what commands a terminal`(_ text: String, _ shown: String) {
        #expect(text.safeForTerminal == shown)
    }

    @Test func `JSON means the same once it is spelled out`() throws {
        let text = ["a\u{202E}b\u{9B}\u{7F}\u{E0041}\n": "\u{FEFF}\u{1B}"]
        let json = String(decoding: try JSONEncoder().encode(text), as: UTF8.self).spelledOutInJSON
        #expect(!json.unicodeScalars.contains(where: { $0.isUnseen }))
        #expect(try JSONDecoder().decode([String: String].self, from: Data(json.utf8)) == text)
    }
}
