import HubCore
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct LoginServiceTests {
    /// A person with a token, as text.
    private func token(_ test: TestHub, scope: TokenScope = .write) async throws -> String {
        _ = try await test.user("alice")
        return try await test.hub.accounts.createToken(for: "alice", name: "laptop", scope: scope).text
    }

    private func granted(_ answer: LoginService.Answer) -> LoginService.Tokens? {
        guard case .granted(let tokens) = answer else { return nil }
        return tokens
    }

    @Test func `a program is given a token of its own once its user has let it in`() async throws {
        let test = try await TestHub()
        let token = try await token(test)
        let codes = try await test.hub.logins.begin()
        #expect(granted(try await test.hub.logins.poll(codes.device)) == nil)
        let name = try await test.hub.logins.decide(
            codes.user.lowercased().replacing("-", with: " "), token: token, isApproved: true, scope: .write)
        #expect(name == "alice")
        let tokens = try #require(granted(try await test.hub.logins.poll(codes.device)))
        #expect(try await test.hub.accounts.authenticate(tokens.access).user?.name == "alice")
        #expect(granted(try await test.hub.logins.poll(codes.device)) == nil)
    }

    @Test func `a login that was approved ends with the tokens of whoever approved it`() async throws {
        let test = try await TestHub()
        let token = try await token(test)
        let codes = try await test.hub.logins.begin()
        _ = try await test.hub.logins.decide(codes.user, token: token, isApproved: true, scope: .write)
        _ = try await test.hub.accounts.revokeAllTokens(of: "alice")
        #expect(granted(try await test.hub.logins.poll(codes.device)) == nil)
    }

    @Test func `a code is good for a quarter of an hour`() async throws {
        let test = try await TestHub()
        let token = try await token(test)
        let codes = try await test.hub.logins.begin()
        test.clock.advance(by: 900)
        await #expect(throws: HubError.self) {
            try await test.hub.logins.decide(codes.user, token: token, isApproved: true, scope: .write)
        }
    }

    @Test func `a token to read lets a program in to read, and not to write`() async throws {
        let test = try await TestHub()
        let reader = try await token(test, scope: .read)
        let codes = try await test.hub.logins.begin()
        await #expect(throws: HubError.self) {
            try await test.hub.logins.decide(codes.user, token: reader, isApproved: true, scope: .write)
        }
        _ = try await test.hub.logins.decide(codes.user, token: reader, isApproved: true, scope: .read)
        let tokens = try #require(granted(try await test.hub.logins.poll(codes.device)))
        #expect(try await test.hub.accounts.authenticate(tokens.access).scope == .read)
    }

    @Test func `a login never administers the hub`() async throws {
        let test = try await TestHub()
        _ = try await test.user("root", admin: true)
        let token = try await test.hub.accounts.createToken(for: "root", name: "all", scope: .admin).text
        let codes = try await test.hub.logins.begin()
        _ = try await test.hub.logins.decide(codes.user, token: token, isApproved: true, scope: .admin)
        let tokens = try #require(granted(try await test.hub.logins.poll(codes.device)))
        #expect(try await test.hub.accounts.authenticate(tokens.access).scope == .write)
    }

    @Test func `renewing a login leaves the token before five minutes`() async throws {
        let test = try await TestHub()
        let token = try await token(test)
        let codes = try await test.hub.logins.begin()
        _ = try await test.hub.logins.decide(codes.user, token: token, isApproved: true, scope: .write)
        let first = try #require(granted(try await test.hub.logins.poll(codes.device)))
        let second = try #require(granted(try await test.hub.logins.refresh(first.refresh)))
        #expect(granted(try await test.hub.logins.refresh(first.refresh)) == nil)
        #expect(try await test.hub.accounts.authenticate(first.access).user?.name == "alice")
        test.clock.advance(by: 300)
        await #expect(throws: HubError.self) { try await test.hub.accounts.authenticate(first.access) }
        #expect(try await test.hub.accounts.authenticate(second.access).user?.name == "alice")
    }

    @Test func `a login can be renewed after its token has expired, and not after it was revoked`() async throws {
        let test = try await TestHub()
        let token = try await token(test)
        let codes = try await test.hub.logins.begin()
        _ = try await test.hub.logins.decide(codes.user, token: token, isApproved: true, scope: .write)
        let first = try #require(granted(try await test.hub.logins.poll(codes.device)))
        test.clock.advance(by: 8 * 86_400)
        let second = try #require(granted(try await test.hub.logins.refresh(first.refresh)))
        let caller = try await test.hub.accounts.authenticate(second.access)
        try await test.hub.accounts.revokeToken(try #require(caller.tokenID), by: caller)
        #expect(granted(try await test.hub.logins.refresh(second.refresh)) == nil)
    }

    @Test func `whoever guesses codes is stopped`() async throws {
        let test = try await TestHub()
        let token = try await token(test)
        for _ in 0..<10 {
            await #expect(throws: HubError.self) {
                try await test.hub.logins.decide("BBBB-BBBB", token: token, isApproved: true, scope: .read)
            }
        }
        let codes = try await test.hub.logins.begin()
        await #expect(throws: HubError.tooManyRequests("too many wrong codes; wait a while", retryAfter: 900)) {
            try await test.hub.logins.decide(codes.user, token: token, isApproved: true, scope: .read)
        }
        test.clock.advance(by: 900)
        let later = try await test.hub.logins.begin()
        _ = try await test.hub.logins.decide(later.user, token: token, isApproved: true, scope: .read)
    }

    @Test func `one address does not fill the list by asking many times at once`() async throws {
        let test = try await TestHub()
        let begun = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    do {
                        _ = try await test.hub.logins.begin(from: [192, 0, 2, 1])
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return await group.reduce(0) { count, isBegun in count + (isBegun ? 1 : 0) }
        }
        #expect(begun == 50)
    }

    @Test func `a beginning that came to nothing is not held against its address`() async throws {
        let test = try await TestHub()
        for place in 0..<UInt8(20) {
            for _ in 0..<50 { _ = try await test.hub.logins.begin(from: [192, 0, 2, place]) }
        }
        for _ in 0..<60 {
            await #expect(
                throws: HubError.tooManyRequests(
                    "too many programs wait to be logged in; try again in a minute", retryAfter: 60)
            ) { try await test.hub.logins.begin(from: [192, 0, 2, 99]) }
        }
    }

    @Test func `one address does not fill the list of programs that wait`() async throws {
        let test = try await TestHub()
        for _ in 0..<50 { _ = try await test.hub.logins.begin(from: [192, 0, 2, 1]) }
        await #expect(throws: HubError.self) { try await test.hub.logins.begin(from: [192, 0, 2, 1]) }
        _ = try await test.hub.logins.begin(from: [192, 0, 2, 2])
        test.clock.advance(by: LoginService.codeLifetime)
        _ = try await test.hub.logins.begin(from: [192, 0, 2, 1])
    }
}
