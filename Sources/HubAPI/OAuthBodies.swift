/// Form of `POST /oauth/device`.
package struct DeviceRequestBody: Codable, Sendable {
    package var client_id: String
}

/// Answer of `POST /oauth/device` (RFC 8628, section 3.2).
package struct DeviceCodeBody: Codable, Sendable {
    package var device_code: String
    package var user_code: String
    package var verification_uri: String
    package var verification_uri_complete: String

    /// Seconds.
    package var expires_in: Int64
    package var interval: Int64

    package init(device: String, user: String, uri: String, lifetime: Int64, interval: Int64) {
        device_code = device
        user_code = user
        verification_uri = uri
        verification_uri_complete = "\(uri)?user_code=\(user)"
        expires_in = lifetime
        self.interval = interval
    }
}

/// Form of `POST /oauth/token`.
package struct TokenRequestBody: Codable, Sendable {
    package var grant_type: String
    package var device_code: String?
    package var refresh_token: String?
    package var client_id: String?
}

/// Answer of `POST /oauth/token` (RFC 6749, section 5.1).
package struct OAuthTokenBody: Codable, Sendable {
    package var access_token: String
    package var token_type: String
    package var refresh_token: String

    /// Seconds.
    package var expires_in: Int64
    package var scope: String

    package init(access: String, refresh: String, lifetime: Int64, scope: String) {
        access_token = access
        token_type = "bearer"
        refresh_token = refresh
        expires_in = lifetime
        self.scope = scope
    }
}

/// Answer of the OAuth routes when there is no token (RFC 6749, section 5.2, and RFC 8628, section 3.5).
package struct OAuthErrorBody: Codable, Sendable {
    package enum Word: String, Codable, Sendable, CaseIterable {
        case authorization_pending
        case slow_down
        case expired_token
        case access_denied
        case invalid_grant
        case invalid_request
        case unsupported_grant_type
    }

    package var error: Word
    package var error_description: String

    package init(_ error: Word, _ description: String) {
        self.error = error
        error_description = description
    }
}

/// Form of the page where a person lets a program in.
package struct DeviceDecisionBody: Codable, Sendable {
    package enum Decision: String, Codable, Sendable, CaseIterable {
        case approve
        case deny
    }

    package var user_code: String
    package var token: String
    package var scope: TokenRole?
    package var decision: Decision

    /// What the page gave out: a form from elsewhere has none.
    package var ticket: String
}
