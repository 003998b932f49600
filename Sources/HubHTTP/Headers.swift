import HTTPTypes

extension HTTPField.Name {
    static let requestID = named("X-Request-Id")
    static let traceID = named("X-Amzn-Trace-Id")
    static let errorCode = named("X-Error-Code")
    static let errorMessage = named("X-Error-Message")
    static let repoCommit = named("X-Repo-Commit")
    static let linkedETag = named("X-Linked-ETag")
    static let linkedSize = named("X-Linked-Size")
    static let xetRefreshRoute = named("X-Xet-Refresh-Route")
    static let xetHash = named("X-Xet-Hash")
    static let xetAccessToken = named("X-Xet-Access-Token")
    static let xetTokenExpiration = named("X-Xet-Token-Expiration")
    static let xetCasURL = named("X-Xet-Cas-Url")
    static let contentTypeOptions = named("X-Content-Type-Options")
    static let downloadCounter = named("X-HF-Download-Counter")
    static let lfsAuthenticate = named("LFS-Authenticate")
    static let link = named("Link")
    static let pragma = named("Pragma")
    static let secFetchSite = named("Sec-Fetch-Site")
    static let referrerPolicy = named("Referrer-Policy")
    static let rateLimit = named("RateLimit")
    static let rateLimitPolicy = named("RateLimit-Policy")
    static let gitProtocol = named("Git-Protocol")
    static let contentMD5 = named("Content-MD5")
    static let digest = named("Digest")
    static let forwardedFor = named("X-Forwarded-For")

    private static func named(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { fatalError("'\(text)' is not a header name") }
        return name
    }
}
