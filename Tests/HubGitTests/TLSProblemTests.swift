import HubGit
import Testing

struct TLSProblemTests {
    @Test(arguments: [
        ("SSL error: 0xffff8e00 - SSL - An invalid SSL record was received", TLSProblem.plain),
        ("SSL error: 0xffff8e00", .plain),
        ("SSL error: error:0A00010B:SSL routines::wrong version number", .plain),
        ("SSL error: 0xffff8880", .other("SSL error: 0xffff8880")),
        ("could not read from socket", nil),
    ])
    func `what libgit2 says about TLS is understood`(message: String, problem: TLSProblem?) {
        #expect(TLSProblem(libgit2: message) == problem)
    }

    @Test func `a machine that speaks no TLS is named, with what to look at`() {
        let sentence = TLSProblem(boringSSL: "handshakeFailed(… WRONG_VERSION_NUMBER …)").sentence(about: "example.org")
        #expect(sentence.hasPrefix("'example.org' does not speak TLS") && sentence.contains("http://"))
    }
}
