import HubCore
import Testing

@Suite struct VisibleLinesTests {
    @Test(arguments: [
        ("Push refused [a]\n", "Push refused [a]\n"),
        ("no end", "no end\n"),
        ("path=a\n2026-01-01 info hubd: Forged\n", "path=a\\u{A}2026-01-01 info hubd: Forged\n"),
        ("path=a\r\n\n", "path=a\\u{D}\\u{A}\n"),
        ("path=\u{1B}[2J\u{9B}1mA\n", "path=\\u{1B}[2J\\u{9B}1mA\n"),
        ("ref=a\u{202E}nib.\u{2028}\u{200B}\n", "ref=a\\u{202E}nib.\\u{2028}\\u{200B}\n"),
        ("path=modèle/日本.bin\n", "path=modèle/日本.bin\n"),
    ])
    func `nothing in a line ends it, or is not seen`(_ written: String, _ shown: String) {
        var lines = VisibleLines("")
        lines.write(written)
        #expect(lines.base == shown)
    }
}
