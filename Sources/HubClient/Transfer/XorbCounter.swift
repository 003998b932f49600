import Synchronization

/// Counts what one xorb's upload did, and takes it back when the upload begins again.
final class XorbCounter: Sendable {
    private let meter: ProgressMeter
    private let content = Mutex(0)

    init(meter: ProgressMeter) { self.meter = meter }

    /// Bytes that went out stay counted: they were sent.
    func restart() {
        let undone = content.withLock { content in
            defer { content = 0 }
            return content
        }
        if undone > 0 { meter.update { $0.bytesDone -= undone } }
    }

    /// `content` bytes of files became `sent` bytes on the wire.
    func add(content count: Int, sent: Int) {
        content.withLock { $0 += count }
        meter.update {
            $0.bytesDone += count
            $0.bytesSent += sent
        }
    }
}
