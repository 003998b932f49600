import Crypto
import Foundation
package import HubCore

/// The digests a client sends along with bytes, in `Content-MD5` (RFC 1864) or `Digest` (RFC 3230, RFC 5843).
package struct AnnouncedDigests: Sendable, Equatable {
    private(set) var md5: [UInt8]?
    private(set) var sha256: [UInt8]?

    /// Nothing was announced.
    package static let none = AnnouncedDigests()

    private init() {}

    /// Reads the headers; algorithms that are not known here are left out.
    package init(contentMD5: String?, digest: String?) throws(HubError) {
        md5 = try contentMD5.map { text throws(HubError) in try Self.decode(text, 16, "Content-MD5") }
        for entry in (digest ?? "").split(separator: ",") {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw .invalid("the header Digest is not a list of ALGORITHM=BASE64; it has '\(entry.prefix(80))'")
            }
            switch Self.trim(parts[0]).lowercased() {
            case "md5": md5 = try Self.decode(parts[1], 16, "MD5 of Digest")
            case "sha-256": sha256 = try Self.decode(parts[1], 32, "SHA-256 of Digest")
            default: break
            }
        }
    }

    private static func decode(_ text: some StringProtocol, _ count: Int, _ what: String) throws(HubError) -> [UInt8] {
        guard let data = Data(base64Encoded: trim(text)), data.count == count else {
            throw .invalid("the \(what) is not \(count) bytes in base64")
        }
        return Array(data)
    }

    private static func trim(_ text: some StringProtocol) -> String { text.trimmingCharacters(in: .whitespaces) }
}

/// A body that ends with ``HubError/invalid(_:)`` if its bytes do not have the digests that were announced.
struct DigestedBody<Base: AsyncSequence<[UInt8], any Error> & Sendable>: AsyncSequence, Sendable {
    let base: Base
    let expected: AnnouncedDigests

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var base: Base.AsyncIterator
        fileprivate let expected: AnnouncedDigests
        private var md5 = Insecure.MD5()
        private var sha256 = SHA256()

        fileprivate init(_ body: DigestedBody) {
            base = body.base.makeAsyncIterator()
            expected = body.expected
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> [UInt8]? {
            guard let piece = try await base.next(isolation: actor) else {
                try check()
                return nil
            }
            if expected.md5 != nil { md5.update(data: piece) }
            if expected.sha256 != nil { sha256.update(data: piece) }
            return piece
        }

        private func check() throws(HubError) {
            try Self.check(expected.md5, Array(md5.finalize()), "MD5")
            try Self.check(expected.sha256, Array(sha256.finalize()), "SHA-256")
        }

        private static func check(_ announced: [UInt8]?, _ found: [UInt8], _ name: String) throws(HubError) {
            guard let announced, announced != found else { return }
            throw .invalid(
                "the bytes that came have the \(name) \(Data(found).base64EncodedString()), and "
                    + "\(Data(announced).base64EncodedString()) was announced; send them again")
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}
