import HubChunks
package import HubCore

// Files that come in parts.
//
// By `multipart` the client says at the end which parts the file is made of; by `multipart-basic` every link says which
// part it takes, and what came is written down (`PartLedger`). All else is the same.
extension LFSService {
    /// What a client is told to do about a file by `multipart-basic`; texts are signatures.
    package struct PartedUpload: Sendable {
        package struct Part: Sendable {
            /// Counted from 1.
            package let number: Int

            /// Where it begins in the file, in bytes.
            package let position: Int
            package let size: Int
            package let signature: String
        }

        /// Those that did not come yet.
        package let parts: [Part]
        package let commit: String
        package let abort: String
        package let verify: String

        /// Seconds for which all this is good.
        package let lifetime: Int64
    }

    /// So many parts a file has at most.
    static let partsLimit = 10_000

    func partSize(of pointer: LFSPointer) -> Int {
        max(limits.lfsPartBytes, (pointer.size + Self.partsLimit - 1) / Self.partsLimit)
    }

    /// Bytes of each part of a file.
    static func sizes(of whole: Int, partSize: Int) -> [Int] {
        stride(from: 0, to: whole, by: partSize).map { min(partSize, whole - $0) }
    }

    /// What is left to do about a file, some of whose parts may have come before.
    func partedUpload(_ pointer: LFSPointer, to repository: Int64, for caller: Caller) async throws -> PartedUpload {
        let partSize = partSize(of: pointer)
        let lifetime = Self.lifetime
        func link(_ right: Right, size: Int? = nil, number: Int? = nil) throws -> String {
            try sign(
                Link(
                    right: right, bearer: Bearer(caller, in: repository),
                    digest: pointer.digest,
                    size: size ?? pointer.size, partSize: partSize, number: number,
                    fileSize: number == nil ? nil : pointer.size), lifetime: lifetime)
        }
        let lease = Lease(uploader: caller.user?.id ?? -1, scope: repository)
        let known = try await ledger.parts(of: PartedFile(pointer, partSize: partSize), lease)
        let parts = try Self.sizes(of: pointer.size, partSize: partSize).enumerated().compactMap { index, size in
            known[index + 1] == nil
                ? PartedUpload.Part(
                    number: index + 1, position: index * partSize, size: size,
                    signature: try link(.part, size: size, number: index + 1)) : nil
        }
        return PartedUpload(
            parts: parts, commit: try link(.commit), abort: try link(.abort), verify: try link(.verify),
            lifetime: lifetime)
    }

    private var ledger: PartLedger { PartLedger(database: database, limits: limits, now: now) }

    /// Stores the bytes of one part and returns its name, which completing needs.
    package func receivePart(
        signature: String,
        length: Int?,
        expecting digests: AnnouncedDigests = .none,
        body: some AsyncSequence<[UInt8], any Error> & Sendable
    ) async throws -> ContentDigest {
        let (link, lease) = try await uploading(signature, .part)
        let stored = try await store(DigestedBody(base: body, expected: digests), length: length, link, lease)
        if let number = link.number, let file = link.file {
            try await ledger.record(stored.digest, as: number, of: file, lease)
        }
        return stored.digest
    }

    /// Makes a file of its parts, given in order; refuses it when its SHA-256 is not what the link says.
    package func complete(
        signature: String,
        oid: ContentDigest,
        parts: [ContentDigest]
    ) async throws {
        let (link, lease) = try await uploading(signature, .complete)
        guard oid == link.digest else { throw HubError.invalid("this link completes \(link.digest), not \(oid)") }
        let pointer = LFSPointer(digest: link.digest, size: link.size)
        guard try await !isPresent(pointer, scope: lease.scope, uploader: lease.uploader) else { return }
        let sizes = Self.sizes(of: link.size, partSize: link.partSize ?? link.size)
        guard parts.count == sizes.count else {
            throw HubError.invalid("the file has \(sizes.count) parts, and \(parts.count) are named")
        }
        for (index, (part, size)) in zip(parts, sizes).enumerated() {
            let isThere = try await isPresent(
                LFSPointer(digest: part, size: size), scope: lease.scope, uploader: lease.uploader)
            guard isThere else { throw HubError.invalid("part \(index + 1) was not sent; send it again") }
        }
        let digest = try await join(parts, lease)
        guard digest == link.digest else { throw Self.otherWhole(digest, link.digest) }
    }

    /// Makes a file of the parts that came to the places their links said.
    ///
    /// Throws ``HubError/conflict(_:)`` while some are missing. Parts that together are another file than the link says are
    /// forgotten: nobody can tell which of them is wrong.
    package func commit(signature: String) async throws {
        let (link, lease) = try await uploading(signature, .commit)
        guard let file = link.file else { throw HubError.forbidden("this link does not allow that") }
        let pointer = LFSPointer(digest: file.digest, size: file.size)
        if try await !isPresent(pointer, scope: lease.scope, uploader: lease.uploader) {
            let known = try await ledger.parts(of: file, lease)
            let count = Self.sizes(of: file.size, partSize: file.partSize).count
            let missing = (0..<count).map { $0 + 1 }.filter { known[$0] == nil }
            guard missing.isEmpty else {
                throw HubError.conflict(
                    "\(missing.count) of the file's \(count) parts did not come yet, the first of them part \(missing[0]); "
                        + "ask again for what is missing and send it")
            }
            let digest = try await join((0..<count).compactMap { known[$0 + 1] }, lease)
            guard digest == file.digest else {
                try await ledger.forget(file, lease)
                throw Self.otherWhole(digest, file.digest)
            }
        }
        try await ledger.forget(file, lease)
    }

    /// Lets go of the parts that came.
    package func abort(signature: String) async throws {
        let (link, lease) = try await uploading(signature, .abort)
        guard let file = link.file else { throw HubError.forbidden("this link does not allow that") }
        try await ledger.forget(file, lease)
    }

    private func join(_ parts: [ContentDigest], _ lease: Lease) async throws -> ContentDigest {
        try await content.ingest(lease: lease) { take in
            for part in parts {
                let reader = try await content.open(part)
                try await reader.stream(0..<reader.count, take)
            }
        }.digest
    }

    private static func otherWhole(_ found: ContentDigest, _ named: ContentDigest) -> HubError {
        .invalid("the parts together have the SHA-256 \(found), not \(named)")
    }
}

extension LFSService.Link {
    /// What the parts of this link belong to, if they are told by their place.
    fileprivate var file: PartedFile? {
        guard let partSize else { return nil }
        return PartedFile(LFSPointer(digest: digest, size: fileSize ?? size), partSize: partSize)
    }
}
