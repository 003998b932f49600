import HubCore
import NIOPosix

/// Takes a pack in as it arrives: onto disk, counted and hashed.
struct PackReceiver {
    private let file: ScratchFile
    private let limits: PushLimits
    private let threads: NIOThreadPool

    /// What is not on disk yet; its end may be the checksum.
    private var pending: [UInt8] = []
    private var written = 0
    private var hash = SHA1()

    private static let pieceLength = 1 << 20

    init(scratch: String, limits: PushLimits, threads: NIOThreadPool) throws(GitError) {
        file = try ScratchFile(in: scratch)
        self.limits = limits
        self.threads = threads
    }

    mutating func receive(_ bytes: ArraySlice<UInt8>) async throws {
        guard written + pending.count + bytes.count <= limits.packBytes else {
            throw GitError(code: .invalid, message: "the pack is longer than the \(limits.packBytes) bytes allowed")
        }
        pending += bytes
        if pending.count >= Self.pieceLength { try await flush() }
    }

    /// Finds the objects of the whole pack; `store` is asked for what a thin pack leaves out.
    mutating func finish(in repository: Int64, of store: GitStore) async throws -> Quarantine {
        try await flush()
        guard pending.count == PackFormat.checksumLength, pending == hash.finish() else {
            throw GitError(code: .invalid, message: "the pack is cut short or damaged: its checksum is wrong")
        }
        let (file, length, limits) = (file, written, limits)
        var index = try await threads.runIfActive { try PackIndex(file, length: length, limits: limits) }
        let missing = index.missingBases
        if !missing.isEmpty {
            let bases = try await store.read(repository) { git in
                let objects = try git.storedObjects(missing, limit: limits)
                return (objects: objects, contents: try git.contents(of: objects.filter(\.isChunked).map(\.id)))
            }
            let large = bases.objects.filter(\.isChunked)
            if !large.isEmpty {
                let place = try index.placeForCopies()
                var end = place.offset
                for base in large {
                    try await copy(store.open(base.header, in: bases.contents[base.id]), to: place.file, at: end)
                    end += base.header.size
                }
            }
            // Once for all of them: each time the index crosses to a thread it is copied.
            index = try await complete(
                index, with: bases.objects.filter { !$0.isChunked }, copies: large.map { ($0.id, $0.header) })
        }
        try index.checkComplete()
        return Quarantine(
            objects: QuarantinedObjects(index.objects, in: file), packBytes: length, remarks: index.remarks)
    }

    private func complete(_ incomplete: PackIndex, with bases: [StoredObject]) async throws -> PackIndex {
        try await threads.runIfActive {
            var index = incomplete
            try index.complete(with: bases)
            return index
        }
    }

    private func complete(
        _ incomplete: PackIndex, with bases: [StoredObject], copies: [(id: ObjectID, header: ObjectHeader)]
    ) async throws -> PackIndex {
        try await threads.runIfActive {
            var index = incomplete
            try index.complete(with: bases, copies: copies)
            return index
        }
    }

    private func copy(_ reader: any ByteReader, to file: ScratchFile, at offset: Int) async throws {
        for start in stride(from: 0, to: reader.count, by: Self.pieceLength) {
            let piece = try await reader.read(start..<min(start + Self.pieceLength, reader.count))
            try await threads.runIfActive { try file.write(piece, at: offset + start) }
        }
    }

    /// Writes and hashes all but the last bytes, which may be the checksum.
    private mutating func flush() async throws {
        let length = pending.count - PackFormat.checksumLength
        guard length > 0 else { return }
        let piece = Array(pending[..<length])
        pending.removeFirst(length)
        let (file, offset, before) = (file, written, hash)
        hash = try await threads.runIfActive {
            try file.write(piece, at: offset)
            var hash = before
            hash.update(piece)
            return hash
        }
        written += length
    }
}

extension GitRepository {
    /// Those of `ids` that this repository's refs reach, as they rest; together no larger than a push may be, or than
    /// it may inflate to if they rest in chunks.
    fileprivate func storedObjects(_ ids: Set<ObjectID>, limit: PushLimits) throws -> [StoredObject] {
        let visible = try visible(among: ids)
        let headers = try source.headers(Array(visible))
        let chunked = try Set(contents(of: Array(visible)).keys)
        let size = headers.reduce(0) { $0 + (chunked.contains($1.key) ? 0 : $1.value.size) }
        let chunkedSize = headers.reduce(0) { $0 + (chunked.contains($1.key) ? $1.value.size : 0) }
        guard size <= limit.packBytes, chunkedSize <= limit.inflatedBytes else {
            throw GitError(code: .invalid, message: "the pack builds on more than \(limit.packBytes) bytes")
        }
        return try visible.compactMap { id in try source.stored(id) }
    }
}
