import HubCore

/// Writes pieces, which come in order, to their files and finishes each file after its last piece.
struct DownloadWriter {
    /// Files whose earlier attempt had left wrong bytes, to be fetched anew.
    private(set) var damaged: [DownloadItem] = []

    private let meter: ProgressMeter
    private var open: [IncompleteFile?]

    init(_ items: [DownloadItem], resuming: Bool, meter: ProgressMeter) throws {
        self.meter = meter
        open = try items.map { try IncompleteFile($0, resuming: resuming) }
        let resumed = open.reduce(0) { $0 + ($1?.size ?? 0) }
        if resumed > 0 { meter.update { $0.bytesDone += resumed } }
    }

    /// The size of each file and how much of it is there.
    var files: [(size: Int, done: Int)] { open.map { ($0?.item.pointer.size ?? 0, $0?.size ?? 0) } }

    mutating func write(_ bytes: ArraySlice<UInt8>, of piece: DownloadQueue.Piece) throws {
        try open[piece.file]?.append(bytes)
        meter.update { $0.bytesDone += bytes.count }
        guard piece.isLast, let file = open[piece.file] else { return }
        open[piece.file] = nil
        guard try !file.finish() else { return }
        guard file.isResumed else {
            throw HubError.invalid(
                "the hub sent other bytes for \(file.item.destination) than its pointer names "
                    + "(SHA-256 \(file.item.pointer.digest)); they were removed")
        }
        meter.update { $0.bytesDone -= file.size }
        damaged.append(file.item)
    }
}
