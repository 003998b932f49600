package import HubCore

/// Answer of `GET …/xet-read-token/REV` and `…/xet-write-token/REV`.
package struct XetTokenBody: Codable, Sendable {
    package var accessToken: String

    /// Unix seconds.
    package var exp: Int

    /// Where the CAS routes live, without a final slash.
    package var casUrl: String

    package init(accessToken: String, exp: Int, casUrl: String) {
        self.accessToken = accessToken
        self.exp = exp
        self.casUrl = casUrl
    }
}

/// Answer of `POST {cas}/v1/xorbs/default/HASH`.
package struct XorbUploadBody: Codable, Sendable {
    package var was_inserted: Bool

    package init(wasInserted: Bool) { was_inserted = wasInserted }
}

/// Answer of `POST {cas}/v1/shards`.
package struct ShardUploadBody: Codable, Sendable {
    package var result: Int

    package init(result: Int) { self.result = result }
}

/// One line of the answer of `POST {cas}/v2/shards`.
package struct ShardLineBody: Codable, Sendable, Equatable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case validating
        case result
        case error
    }

    package var type: Kind

    /// Bytes of the shard's files whose truth is established, and how many there are.
    package var verified: Int?
    package var total: Int?
    package var result: Int?
    package var message: String?

    /// Whether the same shard may be sent again.
    package var retryable: Bool?

    private init(_ type: Kind) { self.type = type }

    package static func validating(verified: Int, total: Int) -> ShardLineBody {
        var line = ShardLineBody(.validating)
        line.verified = verified
        line.total = total
        return line
    }

    package static var result: ShardLineBody {
        var line = ShardLineBody(.result)
        line.result = 1
        return line
    }

    package static func error(_ message: String, retryable: Bool) -> ShardLineBody {
        var line = ShardLineBody(.error)
        line.message = message
        line.retryable = retryable
        return line
    }
}

/// Answer of `GET {cas}/v2/reconstructions/FILE`; chunk ranges exclude their end, byte ranges include it.
package struct ReconstructionBody: Codable, Sendable {
    package struct Span: Codable, Sendable, Hashable {
        package var start: Int
        package var end: Int

        package init(start: Int, end: Int) {
            self.start = start
            self.end = end
        }
    }

    package struct Term: Codable, Sendable {
        package var hash: XetHash
        package var unpacked_length: Int
        package var range: Span

        package init(hash: XetHash, unpackedLength: Int, range: Span) {
            self.hash = hash
            unpacked_length = unpackedLength
            self.range = range
        }
    }

    package struct FetchRange: Codable, Sendable {
        package var chunks: Span
        package var bytes: Span

        package init(chunks: Span, bytes: Span) {
            self.chunks = chunks
            self.bytes = bytes
        }
    }

    package struct Fetch: Codable, Sendable {
        package var url: String
        package var ranges: [FetchRange]

        package init(url: String, ranges: [FetchRange]) {
            self.url = url
            self.ranges = ranges
        }
    }

    package var offset_into_first_range: Int
    package var terms: [Term]

    /// By xorb hash.
    package var xorbs: [String: [Fetch]]

    package init(offsetIntoFirstRange: Int, terms: [Term], xorbs: [String: [Fetch]]) {
        offset_into_first_range = offsetIntoFirstRange
        self.terms = terms
        self.xorbs = xorbs
    }
}

/// Answer of `GET {cas}/v1/reconstructions/FILE`: the same content in the older form.
package struct ReconstructionV1Body: Codable, Sendable {
    package struct Fetch: Codable, Sendable {
        package var range: ReconstructionBody.Span
        package var url: String
        package var url_range: ReconstructionBody.Span
    }

    package var offset_into_first_range: Int
    package var terms: [ReconstructionBody.Term]
    package var fetch_info: [String: [Fetch]]

    package init(_ body: ReconstructionBody) {
        offset_into_first_range = body.offset_into_first_range
        terms = body.terms
        fetch_info = body.xorbs.mapValues { fetches in
            fetches.flatMap { fetch in
                fetch.ranges.map { Fetch(range: $0.chunks, url: fetch.url, url_range: $0.bytes) }
            }
        }
    }
}
