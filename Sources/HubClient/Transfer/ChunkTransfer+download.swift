import HubAPI
package import HubCore

extension ChunkTransfer {
    /// How much of a file one request is for, in bytes.
    ///
    /// So many pieces, packed and unpacked, are in memory at a time.
    private static let pieceSize = 8 << 20
    private static let piecesInFlight = 4

    /// Fetches `items`, whose Xet hashes are `names`.
    ///
    /// A download that broke goes on from its `.incomplete` file. Content whose SHA-256 is not the pointer's is
    /// an error and is removed. `progress` is called at most ten times a second.
    package func download(
        _ items: [DownloadItem], named names: [ContentDigest: XetHash],
        progress: @escaping ContentTransfer.ProgressHandler = { _ in }
    ) async throws {
        var seen: Set<String> = []
        let items = items.filter { seen.insert($0.destination).inserted }
        guard !items.isEmpty else { return }
        let meter = ProgressMeter(
            TransferProgress(phase: .downloading, bytesTotal: items.reduce(0) { $0 + $1.pointer.size }),
            handler: progress)
        // In groups, so that a repository of many files does not open them all at once.
        for start in stride(from: 0, to: items.count, by: 64) {
            let group = Array(items[start..<min(start + 64, items.count)])
            let damaged = try await download(group, names: names, resuming: true, meter: meter)
            _ = try await download(damaged, names: names, resuming: false, meter: meter)
        }
        meter.tell()
    }

    /// Downloads a group of files; returns those whose earlier attempt left wrong bytes.
    private func download(
        _ items: [DownloadItem], names: [ContentDigest: XetHash], resuming: Bool, meter: ProgressMeter
    ) async throws -> [DownloadItem] {
        guard !items.isEmpty else { return [] }
        let hashes = try items.map { item in
            guard let hash = item.pointer.size == 0 ? .zero : names[item.pointer.digest] else {
                throw HubError.entryNotFound("the hub names no content \(item.pointer.digest) there")
            }
            return hash
        }
        var writer = try DownloadWriter(items, resuming: resuming, meter: meter)
        let queue = DownloadQueue(files: writer.files, pieceSize: Self.pieceSize)
        try await fetchInOrder(queue.pieces, hashes: hashes, meter: meter) { try writer.write($1, of: $0) }
        return writer.damaged
    }

    /// Fetches pieces ahead of their turn and hands them over in their order.
    private func fetchInOrder(
        _ pieces: [DownloadQueue.Piece], hashes: [XetHash], meter: ProgressMeter,
        write: (DownloadQueue.Piece, ArraySlice<UInt8>) throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, ArraySlice<UInt8>).self) { group in
            var early: [Int: ArraySlice<UInt8>] = [:]
            var started = 0
            for turn in pieces.indices {
                while started < min(turn + Self.piecesInFlight, pieces.count) {
                    let index = started
                    group.addTask {
                        (index, try await fetch(pieces[index], of: hashes[pieces[index].file], meter: meter))
                    }
                    started += 1
                }
                while early[turn] == nil, let (index, bytes) = try await group.next() { early[index] = bytes }
                guard let bytes = early.removeValue(forKey: turn) else { throw CancellationError() }
                try write(pieces[turn], bytes)
            }
        }
    }

    private func fetch(
        _ piece: DownloadQueue.Piece, of file: XetHash, meter: ProgressMeter
    ) async throws -> ArraySlice<UInt8> {
        guard !piece.range.isEmpty else { return [] }
        do {
            return try await fetchOnce(piece, of: file, meter: meter)
        } catch HubError.forbidden, HubError.unauthorized {
            // The signed URLs ran out while waiting; a new plan carries new ones.
            return try await fetchOnce(piece, of: file, meter: meter)
        }
    }

    private func fetchOnce(
        _ piece: DownloadQueue.Piece, of file: XetHash, meter: ProgressMeter
    ) async throws -> ArraySlice<UInt8> {
        let body = try await cas.reconstruction(of: file, range: piece.range)
        let plan = try ReconstructionPlan(body, count: piece.range.count)
        var fetched: [FetchedChunks] = []
        for fetch in plan.fetches {
            let bytes = try await cas.bytes(at: fetch.url, range: fetch.bytes)
            meter.update { $0.bytesSent += bytes.count }
            fetched.append(try FetchedChunks(parsing: bytes, count: fetch.chunks.count))
        }
        return try plan.assemble(fetched)[plan.skip..<plan.skip + piece.range.count]
    }
}
