import HubCore

/// Writes pieces, which come in order, to their files and finishes each file after its last piece.
struct DownloadWriter {
    /// Files that got wrong bytes from an earlier attempt or from other files, to be fetched anew.
    private(set) var damaged: [DownloadItem] = []

    private let meter: ProgressMeter
    private var open: [IncompleteFile?]

    /// Whether some of the bytes may come from other files of this machine.
    private let isReusing: Bool

    init(_ items: [DownloadItem], resuming: Bool, reusing: Bool, meter: ProgressMeter) throws {
        self.meter = meter
        isReusing = reusing
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
        guard file.isResumed || isReusing else {
            throw HubError.invalid(
                "the hub sent other bytes for \(file.item.destination) than its pointer names "
                    + "(SHA-256 \(file.item.pointer.digest)); they were removed")
        }
        meter.update { $0.bytesDone -= file.size }
        damaged.append(file.item)
    }
}
