import HubAPI
import HubClient
import HubCore
import Testing

@Suite struct ErrorAnswerTests {
    private static func answer(_ status: Int, _ body: String, _ headers: [String: String] = [:]) -> ErrorAnswer {
        ErrorAnswer(status: status, headers: headers, body: Array(body.utf8))
    }

    @Test(arguments: [
        (400, HubError.invalid("no")), (401, .unauthorized("no")), (403, .forbidden("no")), (404, .notFound("no")),
        (409, .conflict("no")), (412, .outdated("no")), (413, .tooLarge("no")), (422, .invalid("no")),
        (503, .unavailable("no (HTTP 503)")), (429, .unavailable("no (HTTP 429)")),
    ])
    func `each status is one outcome with the hub's sentence`(status: Int, expected: HubError) {
        #expect(Self.answer(status, #"{"error":"no"}"#).error == expected)
    }

    @Test(arguments: [
        ("RepoNotFound", HubError.repositoryNotFound("no")), ("RevisionNotFound", .revisionNotFound("no")),
        ("EntryNotFound", .entryNotFound("no")), ("SomethingElse", .notFound("no")),
    ])
    func `the error code says what is missing`(code: String, expected: HubError) {
        #expect(Self.answer(404, #"{"error":"no"}"#, ["x-error-code": code]).error == expected)
    }

    @Test func `the header speaks when the body does not`() {
        #expect(Self.answer(403, "<html>", ["x-error-message": "not yours"]).error == .forbidden("not yours"))
    }

    @Test func `findings are a refusal`() {
        let body = #"{"error":"refused","findings":[{"severity":"error","path":"a.bin","message":"bad"}]}"#
        #expect(Self.answer(422, body).error == .refused([Finding(.error, "bad", in: "a.bin")]))
    }

    @Test func `a failure inside the hub names the request`() {
        let error = Self.answer(500, #"{"error":"internal error"}"#, ["x-request-id": "r7"]).error
        #expect(error == .unavailable("internal error (HTTP 500, request r7)"))
    }

    @Test func `a range outside the file names the file's size`() {
        #expect(Self.answer(416, "", ["content-range": "bytes */12"]).error == .rangeNotSatisfiable(size: 12))
    }

    @Test func `a redirect is not followed`() {
        #expect(Self.answer(302, "").error == .invalid("the hub sends elsewhere (HTTP 302), which is not followed"))
    }
}

@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy(attempts: 4, firstPause: .seconds(1), longestPause: .seconds(5))

    @Test(arguments: [(1, Duration.seconds(1)), (2, .seconds(3)), (3, .seconds(5)), (4, nil)])
    func `pauses grow threefold up to the longest, and end`(attempt: Int, expected: Duration?) {
        #expect(policy.pause(afterAttempt: attempt, fraction: 1) == expected)
    }

    @Test func `chance takes at most half of a pause`() {
        #expect(policy.pause(afterAttempt: 1, fraction: 0) == .milliseconds(500))
    }

    @Test(arguments: [(Duration.seconds(9), Duration.seconds(9)), (.seconds(3600), .seconds(60))])
    func `what the hub asks for is honoured up to a minute`(asked: Duration, expected: Duration) {
        #expect(policy.pause(afterAttempt: 1, fraction: 1, asked: asked) == expected)
    }

    @Test(arguments: [(408, true), (429, true), (500, true), (503, true), (501, false), (507, false), (404, false)])
    func `only passing failures are repeated`(status: Int, expected: Bool) {
        #expect(RetryPolicy.isPassing(status: status) == expected)
    }
}
