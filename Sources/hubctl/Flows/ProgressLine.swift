import HubClient
import Synchronization

/// What a person sees of a transfer, and how fast it is.
final class ProgressLine: Sendable {
    private let begin = Mutex<(phase: TransferProgress.Phase, at: ContinuousClock.Instant)?>(nil)

    /// Shows `uploading 120.0 MiB of 1.0 GiB, 45.1 MiB/s, 12.0 MiB already there`; nothing when nobody watches.
    func show(_ progress: TransferProgress) {
        guard Terminal.isWatched else { return }
        var line =
            "\(progress.phase.rawValue) \(Terminal.size(progress.bytesDone)) of \(Terminal.size(progress.bytesTotal))"
        if let rate = rate(progress) { line += ", \(Terminal.size(rate))/s" }
        if progress.bytesDeduplicated > 0 { line += ", \(Terminal.size(progress.bytesDeduplicated)) already there" }
        Terminal.show(progress: line)
    }

    /// Bytes a second since the phase began; nil while it is too early to say.
    private func rate(_ progress: TransferProgress) -> Int? {
        let now = ContinuousClock.now
        let start = begin.withLock { begin in
            if begin?.phase != progress.phase { begin = (progress.phase, now) }
            return begin?.at ?? now
        }
        let seconds = (now - start) / .seconds(1)
        guard seconds > 0.2 else { return nil }
        let travelled = progress.phase == .hashing ? progress.bytesDone : progress.bytesSent
        return Int(Double(travelled) / seconds)
    }
}
