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
    /// A download that broke goes on from its `.incomplete` file; chunks that lie in `sources` are taken from there.
    /// Content whose SHA-256 is not the pointer's is an error and is removed. `progress` is called at most ten times a
    /// second.
    package func download(
        _ items: [DownloadItem], named names: [ContentDigest: XetHash], reusing sources: [LocalSource] = [],
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
            let damaged = try await download(group, names: names, reusing: sources, resuming: true, meter: meter)
            _ = try await download(damaged, names: names, reusing: [], resuming: false, meter: meter)
        }
        meter.tell()
    }

    /// Downloads a group of files; returns those that got wrong bytes from an earlier attempt or from other files.
    private func download(
        _ items: [DownloadItem], names: [ContentDigest: XetHash], reusing sources: [LocalSource], resuming: Bool,
        meter: ProgressMeter
    ) async throws -> [DownloadItem] {
        guard !items.isEmpty else { return [] }
        let hashes = try items.map { item in
            guard let hash = item.pointer.size == 0 ? .zero : names[item.pointer.digest] else {
                throw HubError.entryNotFound("the hub names no content \(item.pointer.digest) there")
            }
            return hash
        }
        var writer = try DownloadWriter(items, resuming: resuming, reusing: !sources.isEmpty, meter: meter)
        let queue = DownloadQueue(files: writer.files, pieceSize: Self.pieceSize)
        // What is known of local chunks is known of one large file at a time.
        let isAlone = items.map { !sources.isEmpty && $0.pointer.size >= Self.smallest }
        for pieces in queue.batches(alone: isAlone) {
            var local = LocalChunks()
            if let first = pieces.first, isAlone[first.file], !first.range.isEmpty {
                local = try await localChunks(
                    of: items[first.file].pointer, named: hashes[first.file], among: sources)
            }
            try await fetchInOrder(pieces, hashes: hashes, local: local, meter: meter) { try writer.write($1, of: $0) }
        }
        return writer.damaged
    }

    /// Fetches pieces ahead of their turn and hands them over in their order.
    private func fetchInOrder(
        _ pieces: [DownloadQueue.Piece], hashes: [XetHash], local: LocalChunks, meter: ProgressMeter,
        write: (DownloadQueue.Piece, ArraySlice<UInt8>) throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, ArraySlice<UInt8>).self) { group in
            var early: [Int: ArraySlice<UInt8>] = [:]
            var started = 0
            for turn in pieces.indices {
                while started < min(turn + Self.piecesInFlight, pieces.count) {
                    let index = started
                    group.addTask {
                        let piece = pieces[index]
                        let fetcher = PieceFetcher(cas: cas, file: hashes[piece.file], local: local, meter: meter)
                        return (index, try await fetcher.fetch(piece.range))
                    }
                    started += 1
                }
                while early[turn] == nil, let (index, bytes) = try await group.next() { early[index] = bytes }
                guard let bytes = early.removeValue(forKey: turn) else { throw CancellationError() }
                try write(pieces[turn], bytes)
            }
        }
    }
}
