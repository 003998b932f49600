import Synchronization

/// Tells git-lfs how far one object is; what it tells never goes back.
final class AgentProgress: Sendable {
    private let oid: String
    private let phase: TransferProgress.Phase
    private let answer: @Sendable (AgentAnswer) -> Void
    private let told = Mutex(0)

    /// Only what happens in `phase` counts.
    init(oid: String, phase: TransferProgress.Phase, _ answer: @escaping @Sendable (AgentAnswer) -> Void) {
        self.oid = oid
        self.phase = phase
        self.answer = answer
    }

    func tell(_ progress: TransferProgress) {
        guard progress.phase == phase else { return }
        told.withLock { told in
            guard progress.bytesDone > told else { return }
            answer(.progress(oid, progress.bytesDone, since: told))
            told = progress.bytesDone
        }
    }
}
