package import HubCore
import HubTensors

/// Finds out what a revision of a model is worth: structure, security, numerics, a real forward pass, and how it
/// differs from its parent.
///
/// The hub runs it on every published revision, and `hubctl validate` on a folder: the same code, the same verdict.
/// A stage that cannot run fails or says why it was skipped; it never passes silently.
package struct ModelValidator: Sendable {
    /// Cores the forward pass may use.
    let threads: Int

    /// Models with more parameters skip the forward pass.
    let maximumParameters: Int

    /// How long all stages together may take.
    let timeLimit: Duration

    package init(threads: Int, maximumParameters: Int = 8_000_000_000, timeLimit: Duration = .seconds(1800)) {
        self.threads = threads
        self.maximumParameters = maximumParameters
        self.timeLimit = timeLimit
    }

    /// Runs every stage and returns a finished report.
    ///
    /// Throws only ``CancellationError`` and what reading the files throws; faults of the model are findings.
    package func validate(
        _ revision: ModelRevision,
        comparedWith parent: ModelRevision?
    ) async throws -> ValidationReport {
        var run = ValidationRun(revision: revision, parent: parent, validator: self)
        try await run.checkStructure()
        try await run.checkSecurity()
        try await run.checkNumerics()
        try await run.runInference()
        try await run.compareWithParent()
        return run.report
    }
}
