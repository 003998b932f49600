import Crypto
import Foundation
import HubCore
package import HubDatabase

/// Signs short-lived grants that carry their own authority: Xet tokens and the links in answers.
///
/// A grant is `base64url(payload) "." base64url(HMAC-SHA256)`, so that any hubd over the same database can check it.
package struct TokenSigner: Sendable {
    private let key: SymmetricKey
    private let now: Now

    /// Loads the hub's signing key, making it the first time.
    package init(database: any SQLDatabase, now: Now = .system) async throws {
        let fresh = unsafe SymmetricKey(size: .bits256).withUnsafeBytes { unsafe Array($0) }
        let known = try await database.read { connection in
            try connection.queryOne("SELECT value FROM secret WHERE name = 'signing'")?.blob(0)
        }
        if let known {
            key = SymmetricKey(data: known)
            self.now = now
            return
        }
        let stored = try await database.write { connection in
            try connection.execute(
                "INSERT INTO secret (name, value) VALUES ('signing', ?) ON CONFLICT (name) DO NOTHING", [fresh])
            return try connection.queryOne("SELECT value FROM secret WHERE name = 'signing'")?.blob(0)
        }
        key = SymmetricKey(data: stored ?? fresh)
        self.now = now
    }

    /// Signs `payload` for one `purpose` until `lifetime` seconds from now, and returns the grant with its expiry.
    package func sign<Payload: Codable>(
        _ payload: Payload,
        purpose: String,
        lifetime: Int64
    ) throws -> (text: String, expiry: Int64) {
        let expiry = now.seconds + lifetime
        let body = try JSONEncoder().encode(Envelope(purpose: purpose, expiry: expiry, payload: payload))
        let code = HMAC<SHA256>.authenticationCode(for: body, using: key)
        return (Base64URL.encode(body) + "." + Base64URL.encode(Data(code)), expiry)
    }

    /// Reads a grant made by ``sign(_:purpose:lifetime:)``.
    ///
    /// A grant is honoured for a minute past its expiry, because clients refresh late.
    package func verify<Payload: Codable>(_ text: String, purpose: String, as: Payload.Type) throws -> Payload {
        let parts = text.split(separator: ".")
        guard text.utf8.count < 4096, parts.count == 2, let body = Base64URL.decode(parts[0]),
            let code = Base64URL.decode(parts[1]),
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: body, using: key),
            let envelope = try? JSONDecoder().decode(Envelope<Payload>.self, from: body),
            envelope.purpose == purpose
        else { throw HubError.unauthorized("the signature of this link or token is not valid") }
        guard envelope.expiry + 60 > now.seconds else {
            throw HubError.forbidden("this link or token has expired; ask for a new one")
        }
        return envelope.payload
    }

    private struct Envelope<Payload: Codable>: Codable {
        let purpose: String
        let expiry: Int64
        let payload: Payload
    }
}

/// Base64 with the alphabet that needs no escaping in URLs, without padding (RFC 4648, section 5).
enum Base64URL {
    static func encode(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func decode(_ text: some StringProtocol) -> Data? {
        let plain = String(text).replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4))
    }
}
