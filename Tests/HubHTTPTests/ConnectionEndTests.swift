import HubHTTP
import Testing

@Suite struct ConnectionEndTests {
    private static let large = 200 << 20

    /// A connection whose client has sent some of a body, and was answered.
    private func refused(_ length: Int?, sent: Int, closes: Bool = false, expects: Bool = false) -> ConnectionEnd {
        var end = ConnectionEnd()
        _ = end.readHead(length: length, closes: closes, expectsContinue: expects)
        if sent > 0 { _ = end.readBody(sent) }
        return end
    }

    @Test(arguments: [nil, 200 << 20])
    func `an answer to a long body that was not read says that the connection ends`(length: Int?) {
        var end = refused(length, sent: 1000)
        #expect(end.writeHead() == true)
        #expect(end.writeEnd() == true)
        #expect(end.close() == .readOn)
    }

    @Test func `the connection stays when little is left of a body`() {
        var end = refused(Self.large, sent: Self.large - ConnectionEnd.cheapBytes)
        #expect(end.writeHead() == false)
        #expect(end.writeEnd() == false)
        #expect(end.readBody(ConnectionEnd.cheapBytes) == .pass)
        #expect(end.readEnd() == .pass)
        #expect(end.readHead(length: 0, closes: false, expectsContinue: false) == .pass)
    }

    @Test func `the connection stays behind a long body that was read`() {
        var end = refused(Self.large, sent: Self.large)
        _ = end.readEnd()
        #expect(end.writeHead() == false)
        #expect(end.writeEnd() == false)
    }

    @Test func `a client that asked for it has its connection ended although it sent everything`() {
        var end = refused(10, sent: 10, closes: true)
        _ = end.readEnd()
        #expect(end.writeHead() == true)
        #expect(end.writeEnd() == true)
        #expect(end.close() == .wait)
    }

    @Test func `what comes behind the answer is thrown away until the request ends`() {
        var end = refused(Self.large, sent: 0, closes: true)
        _ = end.writeHead()
        _ = end.writeEnd()
        _ = end.close()
        #expect(end.readBody(Self.large) == .drop)
        #expect(end.readEnd() == .close)
    }

    @Test func `a request that ends before the answer is sent does not cut the answer off`() {
        var end = refused(Self.large, sent: 0)
        _ = end.writeHead()
        _ = end.writeEnd()
        #expect(end.readBody(Self.large) == .drop)
        #expect(end.readEnd() == .drop)
        #expect(end.close() == .wait)
    }

    @Test func `patience with what comes behind the answer ends`() {
        var end = refused(nil, sent: 0)
        _ = end.writeHead()
        _ = end.writeEnd()
        _ = end.close()
        #expect(end.readBody(ConnectionEnd.patientBytes) == .drop)
        #expect(end.readBody(1) == .close)
    }

    @Test func `nothing is taken for a request behind the last answer`() {
        var end = refused(0, sent: 0, closes: true)
        _ = end.readEnd()
        _ = end.writeHead()
        _ = end.writeEnd()
        #expect(end.readHead(length: 0, closes: false, expectsContinue: false) == .drop)
        _ = end.close()
        #expect(end.readHead(length: 0, closes: false, expectsContinue: false) == .close)
    }

    @Test func `our side is closed once`() {
        var end = refused(0, sent: 0, closes: true)
        _ = end.readEnd()
        #expect(end.closesOutput() == true)
        _ = end.writeHead()
        _ = end.writeEnd()
        #expect(end.closesOutput() == false)
    }

    @Test func `a client that waits is told once to send its body`() {
        var end = refused(10, sent: 0, expects: true)
        #expect(end.wantBody() == true)
        #expect(end.wantBody() == false)
    }

    @Test func `a client that has begun to send is not told to`() {
        var end = refused(10, sent: 1, expects: true)
        #expect(end.wantBody() == false)
    }

    @Test func `a client that waits and is refused is told that the connection ends`() {
        var end = refused(10, sent: 0, expects: true)
        #expect(end.writeHead() == true)
        #expect(end.wantBody() == false)
    }
}
