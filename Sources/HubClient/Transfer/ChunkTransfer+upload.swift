import AsyncHTTPClient
import Crypto
import HubChunks
import HubCore

extension ChunkTransfer {
    /// Xorbs sent at the same time, and files hashed at the same time.
    private static let concurrency = 2

    /// Makes the hub hold the content of `files`, ready for a push to name it.
    ///
    /// Repeating an upload that broke sends only what is missing. `progress` is called at most ten times a second.
    package func upload(
        _ files: [LocalContent], progress: @escaping ContentTransfer.ProgressHandler = { _ in }
    ) async throws -> UploadSummary {
        var seen: Set<ContentDigest> = []
        let files = files.filter { seen.insert($0.digest).inserted }
        guard !files.isEmpty else { return UploadSummary() }
        let total = files.reduce(0) { $0 + $1.size }
        let meter = ProgressMeter(TransferProgress(phase: .hashing, bytesTotal: total), handler: progress)

        let contents = try await hash(files, meter: meter)
        let plan = try await plan(contents, meter: meter)
        try await send(plan, of: files, meter: meter)
        try await register(plan, contents)
        return summary(of: plan, files: files, meter: meter)
    }

    private func hash(_ files: [LocalContent], meter: ProgressMeter) async throws -> [ChunkedContent] {
        let contents = try await concurrentMap(files, limit: Self.concurrency) { file in
            let content = try await ChunkedContent(file)
            meter.update { $0.bytesDone += file.size }
            return content
        }
        meter.tell()
        return contents
    }

    /// Asks which chunks the hub has, and plans the rest.
    private func plan(_ contents: [ChunkedContent], meter: ProgressMeter) async throws -> UploadPlan {
        var seen: Set<XetHash> = []
        var unique: [Chunk] = []
        for content in contents { unique += content.chunks.filter { seen.insert($0.hash).inserted } }
        meter.update { $0 = TransferProgress(phase: .asking, bytesTotal: unique.reduce(0) { $0 + $1.length }) }
        let batches = stride(from: 0, to: unique.count, by: ChunkLookup.batchSize).map {
            Array(unique[$0..<min($0 + ChunkLookup.batchSize, unique.count)])
        }
        let answers = try await concurrentMap(batches, limit: Self.concurrency) { batch in
            let answer = try await cas.lookup(batch.map(\.hash))
            meter.update { $0.bytesDone += batch.reduce(0) { $0 + $1.length } }
            return answer
        }
        meter.tell()
        var known: [XetHash: ChunkLocation] = [:]
        for (chunk, location) in zip(unique, answers.joined()) { known[chunk.hash] = location }
        return UploadPlan(files: contents.map(\.chunks), known: known)
    }

    private func send(_ plan: UploadPlan, of files: [LocalContent], meter: ProgressMeter) async throws {
        meter.update {
            $0 = TransferProgress(
                phase: .uploading, bytesDone: plan.bytesDeduplicated, bytesTotal: files.reduce(0) { $0 + $1.size },
                bytesDeduplicated: plan.bytesDeduplicated)
        }
        _ = try await concurrentMap(plan.xorbs, limit: Self.concurrency) { xorb in
            let body = XorbBody(xorb: xorb, files: files, counter: XorbCounter(meter: meter))
            try await cas.sendXorb(xorb.hash) { .stream(body, length: .unknown) }
        }
        meter.tell()
    }

    /// Tells the hub the files, which makes it verify them; a refusal is traced to the file that changed, if one did.
    private func register(_ plan: UploadPlan, _ contents: [ChunkedContent]) async throws {
        let files = zip(contents, plan.recipes).map { (digest: $0.content.digest, chunks: $0.chunks, terms: $1) }
        do {
            for shard in ShardPlan.shards(xorbs: plan.xorbs, files: files) {
                try await cas.sendShard(shard.serializedForUpload())
            }
        } catch HubError.invalid(let sentence) {
            for content in contents { try content.content.verify() }
            throw HubError.invalid(sentence)
        }
    }

    private func summary(of plan: UploadPlan, files: [LocalContent], meter: ProgressMeter) -> UploadSummary {
        var summary = UploadSummary()
        summary.files = files.count
        summary.bytes = files.reduce(0) { $0 + $1.size }
        summary.bytesSent = meter.progress.bytesSent
        summary.bytesDeduplicated = plan.bytesDeduplicated
        summary.xorbs = plan.xorbs.count
        return summary
    }
}

extension LocalContent {
    /// Throws unless the file's bytes are those its digest names.
    fileprivate func verify() throws {
        let file = try open()
        var hasher = SHA256()
        var offset = 0
        while offset < size {
            let bytes = try file.read(at: offset, count: min(1 << 20, size - offset))
            guard !bytes.isEmpty else { throw changed }
            unsafe bytes.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
            offset += bytes.count
        }
        guard ContentDigest(bytes: Array(hasher.finalize())) == digest else { throw changed }
    }
}
