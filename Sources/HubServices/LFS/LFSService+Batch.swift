import HubChunks
package import HubCore
import HubDatabase

// What a client is told to do about the objects it names: the batch API.
extension LFSService {
    package enum Operation: String, Sendable, Codable, CaseIterable {
        case upload
        case download
    }

    /// The ways bytes may go, by the names clients list them under.
    package enum Transfer: String, Sendable, CaseIterable {
        /// Whole, by one link.
        case basic

        /// In parts, as the official Python client sends large files.
        case multipart

        /// In parts, each told by its place, as giftless and its client have it; those that came before are left out.
        case multipartBasic = "multipart-basic"

        /// In chunks, as `hubctl lfs-agent` sends and fetches them.
        case hub

        /// In chunks, as git-xet sends them; it fetches nothing this way.
        case xet

        /// Whether the bytes go to and from the CAS.
        var isChunked: Bool { self == .hub || self == .xet }

        /// The one to use for a download of those a client knows; nothing listed means basic.
        static func download(among known: Set<Transfer>) -> Transfer { known.contains(.hub) ? .hub : .basic }

        /// The one to use for an upload; nothing listed means basic.
        ///
        /// - Parameter large: Tells, of each file that is to be sent, whether it is large enough for parts.
        static func upload(among known: Set<Transfer>, large: [Bool]) -> Transfer {
            if known.contains(.hub) { return .hub }
            if known.contains(.xet) { return .xet }
            // One batch has one transfer: by multipart small files beside a large one keep that one whole, by
            // multipart-basic they go in one part.
            if known.contains(.multipart), !large.contains(false) { return .multipart }
            return known.contains(.multipartBasic) && large.contains(true) ? .multipartBasic : .basic
        }
    }

    /// What a client is told about all objects of a batch, in their order.
    package struct Plan: Sendable {
        package let transfer: Transfer
        package let instructions: [Instruction]

        /// What opens the CAS, if the transfer is by chunks.
        package let chunks: ChunkGrant?
    }

    /// A token for the CAS routes; good as long as the links of a batch are.
    package struct ChunkGrant: Sendable {
        package let token: String

        /// Unix seconds.
        package let expiry: Int64
        package let epoch: Int
    }

    /// What a client is told about one object; texts are signatures.
    package enum Instruction: Sendable {
        /// Stored and linked already: nothing to send.
        case nothing
        /// Fetch the bytes.
        case download(String)
        /// Send the bytes at once, then verify.
        case upload(String, verify: String)
        /// Send the parts, then complete, then verify.
        case uploadParts([String], size: Int, complete: String, verify: String)
        /// Send the parts that are missing, then commit, then verify.
        case uploadMissingParts(PartedUpload)
        /// Send the chunks the hub lacks, then verify.
        case uploadChunks(verify: String)
        /// Fetch the chunks of the file with this name.
        case downloadChunks(XetHash)
        case problem(code: Int, message: String)
    }

    /// What to do about each object, all by the same transfer.
    ///
    /// - Parameter transfers: What the client can do.
    package func plan(
        _ operation: Operation,
        _ pointers: [LFSPointer],
        by transfers: [String],
        in record: RepositoryRecord,
        for caller: Caller
    ) async throws -> Plan {
        var found: [StoredContent?] = []
        for pointer in pointers {
            found.append(try await stored(pointer.digest, scope: record.rowID, uploader: caller.user?.id))
        }
        let objects = Array(zip(pointers, found))
        // A caller of one repository gets no token for chunks, which are not of one repository.
        let transfers = Set(transfers.compactMap(Transfer.init)).filter { !$0.isChunked || caller.confinement == nil }
        switch operation {
        case .upload: return try await uploads(objects, by: transfers, to: record, for: caller)
        case .download: return try await downloads(objects, by: transfers, from: record, for: caller)
        }
    }

    private typealias Object = (pointer: LFSPointer, stored: StoredContent?)

    private func uploads(
        _ objects: [Object],
        by transfers: Set<Transfer>,
        to record: RepositoryRecord,
        for caller: Caller
    ) async throws -> Plan {
        let sent = objects.filter { $0.stored == nil }.map(\.pointer)
        let transfer = Transfer.upload(among: transfers, large: sent.map { $0.size > limits.lfsPartBytes })
        var partsLeft = Self.partsLimit
        var instructions: [Instruction] = []
        for object in objects {
            if let problem = problem(of: object) {
                instructions.append(problem)
            } else if object.stored != nil {
                instructions.append(.nothing)
            } else {
                // Each part is a signature: counted before they are made.
                guard partsLeft > 0 || object.pointer.size <= limits.lfsPartBytes else {
                    instructions.append(Self.tooManyParts)
                    continue
                }
                let told = try await upload(object.pointer, by: transfer, to: record.rowID, for: caller)
                partsLeft -= told.partCount
                instructions.append(partsLeft < 0 && told.partCount > 0 ? Self.tooManyParts : told)
            }
        }
        let isChunked = instructions.contains { if case .uploadChunks = $0 { true } else { false } }
        let chunks = isChunked ? try await grant(for: record, caller, mayWrite: true) : nil
        return Plan(transfer: transfer, instructions: instructions, chunks: chunks)
    }

    private func downloads(
        _ objects: [Object],
        by transfers: Set<Transfer>,
        from record: RepositoryRecord,
        for caller: Caller
    ) async throws -> Plan {
        let transfer = Transfer.download(among: transfers)
        let isAllThere = objects.allSatisfy { $0.stored != nil }
        let deleted = isAllThere ? [] : try await deletedContent(of: record)
        let instructions = try objects.map { object -> Instruction in
            if let problem = problem(of: object) { return problem }
            let pointer = object.pointer
            guard let stored = object.stored else {
                guard !deleted.contains(pointer.digest.hex) else {
                    return .problem(
                        code: 410, message: "the content \(pointer.digest.hex) was deleted from \(record.id) for good")
                }
                return .problem(code: 404, message: "\(record.id) has no content \(pointer.digest.hex)")
            }
            guard transfer == .basic else { return .downloadChunks(stored.fileHash) }
            return .download(
                try sign(
                    Link(
                        right: .download, bearer: Bearer(caller, in: record.rowID),
                        digest: pointer.digest, size: pointer.size)))
        }
        let isChunked = instructions.contains { if case .downloadChunks = $0 { true } else { false } }
        let chunks = isChunked ? try await grant(for: record, caller, mayWrite: false) : nil
        return Plan(transfer: transfer, instructions: instructions, chunks: chunks)
    }

    /// Why an object can be neither sent nor fetched, if so.
    private func problem(of object: Object) -> Instruction? {
        let size = object.pointer.size
        guard size >= 0 else { return .problem(code: 422, message: "no file has \(size) bytes") }
        guard size <= limits.contentBytes else {
            return .problem(code: 422, message: "a file may have at most \(limits.contentBytes) bytes")
        }
        guard let stored = object.stored, stored.size != size else { return nil }
        return .problem(
            code: 422, message: "the content \(object.pointer.digest.hex) has \(stored.size) bytes, not \(size)")
    }

    private func upload(
        _ pointer: LFSPointer,
        by transfer: Transfer,
        to repository: Int64,
        for caller: Caller
    ) async throws -> Instruction {
        func link(_ right: Right, _ size: Int, partSize: Int? = nil) throws -> String {
            try sign(
                Link(
                    right: right, bearer: Bearer(caller, in: repository),
                    digest: pointer.digest, size: size, partSize: partSize))
        }
        let verify = try link(.verify, pointer.size)
        switch transfer {
        case .basic: return .upload(try link(.upload, pointer.size), verify: verify)
        case .hub, .xet: return .uploadChunks(verify: verify)
        case .multipart:
            let partSize = partSize(of: pointer)
            let parts = try Self.sizes(of: pointer.size, partSize: partSize).map { try link(.part, $0) }
            return .uploadParts(
                parts, size: partSize, complete: try link(.complete, pointer.size, partSize: partSize), verify: verify)
        case .multipartBasic:
            return .uploadMissingParts(try await partedUpload(pointer, to: repository, for: caller))
        }
    }

    private static let tooManyParts = Instruction.problem(
        code: 413, message: "a batch may ask for \(partsLimit) parts; send several batches")

    private func grant(for record: RepositoryRecord, _ caller: Caller, mayWrite: Bool) async throws -> ChunkGrant {
        let token = try await xet.token(for: record, caller: caller, mayWrite: mayWrite, lifetime: Self.lifetime)
        return ChunkGrant(token: token.text, expiry: token.expiry, epoch: token.epoch)
    }

    /// The latest contents that were taken out of the repository for good, in hex.
    private func deletedContent(of record: RepositoryRecord) async throws -> Set<String> {
        try await database.read { connection in
            let rows = try connection.query(
                """
                SELECT payload FROM event WHERE repository_id = ? AND kind = 'content-deleted'
                ORDER BY id DESC LIMIT 10000
                """, [record.rowID])
            return try Set(rows.compactMap { row in try Event.payload(of: row.string(0))["digest"] })
        }
    }
}

extension LFSService.Instruction {
    /// How many links to parts it holds.
    fileprivate var partCount: Int {
        switch self {
        case .uploadParts(let parts, _, _, _): parts.count
        case .uploadMissingParts(let upload): upload.parts.count
        default: 0
        }
    }
}
