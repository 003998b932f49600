import HubCore
import HubTensors

/// One validation under way: the stages in order, each adding to the report.
struct ValidationRun {
    let revision: ModelRevision
    let parent: ModelRevision?
    let validator: ModelValidator

    /// Runs out with the validator's time.
    private let interruption: Interruption

    /// The sound checkpoints found by the structure stage, by group name.
    private var checkpoints: [String: Checkpoint] = [:]
    private var stages: [ValidationReport.Stage] = []
    private var findings: [Finding] = []
    private var inference: ValidationReport.Inference?
    private var comparison: ValidationReport.Comparison?

    init(revision: ModelRevision, parent: ModelRevision?, validator: ModelValidator) {
        self.revision = revision
        self.parent = parent
        self.validator = validator
        interruption = Interruption(after: validator.timeLimit)
    }

    var report: ValidationReport {
        ValidationReport(
            commit: revision.id, state: .done, verdict: verdict, stages: stages, findings: findings,
            inference: inference, comparison: comparison)
    }

    private var verdict: ValidationReport.Verdict {
        if stages.contains(where: { $0.outcome == .failed }) { return .failed }
        return stages.contains { $0.outcome == .warned } ? .warned : .passed
    }

    // MARK: Stages

    mutating func checkStructure() async throws {
        try await stage("structure") { run in
            let files = run.revision.files.filter { StructureCheck.reads($0.key) }
            guard !files.isEmpty else { return .skipped("there are no weights in safetensors or GGUF") }
            run.findings += try await StructureCheck.findings(files: files)
            for group in try await Checkpoint.groups(in: files) {
                do {
                    run.checkpoints[group.name] = try await Checkpoint.open(group, of: files)
                } catch HubError.refused {
                    continue  // what is wrong with it is among the findings
                }
            }
            let tensors = run.checkpoints.values.reduce(0) { $0 + $1.tensors.count }
            let checkpoints = run.checkpoints.count == 1 ? "1 checkpoint" : "\(run.checkpoints.count) checkpoints"
            return .ran("\(files.count) files read, \(tensors) tensors in \(checkpoints)")
        }
    }

    mutating func checkSecurity() async throws {
        try await stage("security") { run in
            for (path, reader) in run.revision.files.sorted(by: { $0.key < $1.key }) {
                try run.checkTime()
                run.findings += try await SecurityCheck.findings(path: path, reader: reader)
            }
            let links = run.revision.symlinks.map {
                Finding(.warning, "is a symbolic link, which loaders may follow out of the repository", in: $0)
            }
            run.findings += links
            return .ran("\(run.revision.files.count) files scanned by content")
        }
    }

    mutating func checkNumerics() async throws {
        try await stage("numerics") { run in
            guard !run.checkpoints.isEmpty else { return .skipped("there is no sound checkpoint to read") }
            var tensors = 0
            for checkpoint in run.checkpoints.sorted(by: { $0.key < $1.key }).map(\.value) {
                try run.checkTime()
                run.findings += try await NumericsCheck.findings(checkpoint)
                tensors += checkpoint.tensors.count
            }
            return .ran("\(tensors) tensors read for NaN, infinity and constant values")
        }
    }

    mutating func runInference() async throws {
        try await stage("inference") { run in
            guard run.revision.hasModel else { return .skipped("there is no config.json beside model.safetensors") }
            guard run.verdict != .failed else { return .skipped("an earlier stage failed") }
            let result = try await ModelEvaluation.run(run.revision.files, run.options)
            let inference = ValidationReport.Inference(
                architecture: result.architecture, parameters: result.parameters, perplexity: result.perplexity,
                probeTokens: result.probeTokens, sample: result.sample, samplePrompt: result.samplePrompt)
            run.inference = inference
            return .ran("\(result.architecture), perplexity \(Self.rounded(result.perplexity))")
        }
    }

    mutating func compareWithParent() async throws {
        try await stage("comparison") { run in
            guard let parent = run.parent else { return .skipped("the revision has no parent") }
            let comparison = try await run.comparison(with: parent)
            run.comparison = comparison
            return .ran(comparison.sentence)
        }
    }

    private mutating func comparison(with parent: ModelRevision) async throws -> ValidationReport.Comparison {
        let old = try await Self.checkpoints(of: parent)
        var changed = 0
        var added = 0
        var removed = 0
        for name in Set(old.keys).union(checkpoints.keys).sorted() {
            try checkTime()
            for change in try await TensorDiff.compare(old: old[name] ?? .empty, new: checkpoints[name] ?? .empty) {
                switch change.kind {
                case .added: added += 1
                case .removed: removed += 1
                default: changed += 1
                }
            }
        }
        let total = checkpoints.values.reduce(0) { $0 + $1.tensors.count }
        var drift: ModelComparison?
        if inference != nil, parent.hasModel, changed + added + removed > 0 {
            do {
                drift = try await ModelEvaluation.compare(
                    parent: parent.files, child: revision.files, options)
            } catch let error as InferenceError {
                if case .timeLimit = error { throw error }
                noteNotCompared(error.description)
            } catch HubError.refused(let faults) {
                noteNotCompared("its checkpoint is not sound: \(faults.first?.description ?? "")")
            }
        }
        return .init(
            parent: parent.id, tensorsChanged: changed, tensorsAdded: added, tensorsRemoved: removed,
            tensorsTotal: total, logitKL: drift?.meanKL, perplexityBefore: drift?.parentPerplexity,
            perplexityAfter: drift?.childPerplexity ?? inference?.perplexity)
    }

    private mutating func noteNotCompared(_ reason: String) {
        findings.append(Finding(.note, "the outputs were not compared with the parent's: \(reason)", in: ""))
    }

    private static func checkpoints(of revision: ModelRevision) async throws -> [String: Checkpoint] {
        let files = revision.files.filter { StructureCheck.reads($0.key) }
        var checkpoints: [String: Checkpoint] = [:]
        for group in try await Checkpoint.groups(in: files) {
            do {
                checkpoints[group.name] = try await Checkpoint.open(group, of: files)
            } catch HubError.refused {
                continue
            }
        }
        return checkpoints
    }

    private var options: EvaluationOptions {
        EvaluationOptions(
            threads: validator.threads, maximumParameters: validator.maximumParameters, interruption: interruption)
    }

    // MARK: Around a stage

    private enum Ending {
        case ran(String)
        case skipped(String)
    }

    /// Runs a stage; its outcome is the worst finding it added.
    private mutating func stage(
        _ name: String,
        _ body: (inout ValidationRun) async throws -> Ending
    ) async throws {
        let start = ContinuousClock.now
        let known = findings.count
        var outcome: ValidationReport.StageOutcome
        var summary: String
        do {
            try checkTime()
            switch try await body(&self) {
            case .ran(let text): (outcome, summary) = (.passed, text)
            case .skipped(let reason): (outcome, summary) = (.skipped, reason)
            }
        } catch let error as InferenceError {
            let finding = error.finding
            findings.append(finding)
            (outcome, summary) = (finding.severity == .note ? .skipped : .passed, error.description)
        }
        switch findings[known...].map(\.severity).max() {
        case .error: outcome = .failed
        case .warning: outcome = .warned
        case .note, nil: break
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        stages.append(.init(name: name, outcome: outcome, summary: summary, seconds: seconds))
    }

    private func checkTime() throws {
        try Task.checkCancellation()
        try interruption.check()
    }

    private static func rounded(_ value: Double) -> String {
        value < 1e6 ? "\((value * 100).rounded() / 100)" : "\(value)"
    }
}

extension ValidationReport.Comparison {
    fileprivate var sentence: String {
        var parts = ["\(tensorsChanged) of \(tensorsTotal) tensors changed"]
        if tensorsAdded > 0 { parts.append("\(tensorsAdded) added") }
        if tensorsRemoved > 0 { parts.append("\(tensorsRemoved) removed") }
        return parts.joined(separator: ", ")
    }
}
