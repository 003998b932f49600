/// What validation found out about one revision.
package struct ValidationReport: Codable, Sendable {
    package enum State: String, Codable, Sendable, CaseIterable {
        case queued
        case running
        case done
    }

    package enum Verdict: String, Codable, Sendable, CaseIterable {
        case passed
        case warned
        case failed
    }

    package enum StageOutcome: String, Codable, Sendable, CaseIterable {
        case passed
        case warned
        case failed
        /// Could not apply, for the reason given; neither good nor bad.
        case skipped
    }

    package struct Stage: Codable, Sendable {
        /// `structure`, `security`, `numerics`, `inference` or `comparison`.
        package var name: String
        package var outcome: StageOutcome
        package var summary: String
        package var seconds: Double

        package init(name: String, outcome: StageOutcome, summary: String, seconds: Double) {
            self.name = name
            self.outcome = outcome
            self.summary = summary
            self.seconds = seconds
        }
    }

    package struct Inference: Codable, Sendable {
        package var architecture: String
        package var parameters: Int

        /// On the bundled probe text, natural: exp(mean negative log likelihood per token).
        package var perplexity: Double
        package var probeTokens: Int

        /// What the model writes, greedily, after `samplePrompt`.
        package var sample: String
        package var samplePrompt: String

        package init(
            architecture: String, parameters: Int, perplexity: Double, probeTokens: Int, sample: String,
            samplePrompt: String
        ) {
            self.architecture = architecture
            self.parameters = parameters
            self.perplexity = perplexity
            self.probeTokens = probeTokens
            self.sample = sample
            self.samplePrompt = samplePrompt
        }
    }

    package struct Comparison: Codable, Sendable {
        package var parent: String
        package var tensorsChanged: Int
        package var tensorsAdded: Int
        package var tensorsRemoved: Int
        package var tensorsTotal: Int

        /// Mean over the probe's positions of KL(parent ‖ this), in nats; nil if either could not run.
        package var logitKL: Double?
        package var perplexityBefore: Double?
        package var perplexityAfter: Double?

        package init(
            parent: String, tensorsChanged: Int, tensorsAdded: Int, tensorsRemoved: Int, tensorsTotal: Int,
            logitKL: Double?, perplexityBefore: Double?, perplexityAfter: Double?
        ) {
            self.parent = parent
            self.tensorsChanged = tensorsChanged
            self.tensorsAdded = tensorsAdded
            self.tensorsRemoved = tensorsRemoved
            self.tensorsTotal = tensorsTotal
            self.logitKL = logitKL
            self.perplexityBefore = perplexityBefore
            self.perplexityAfter = perplexityAfter
        }
    }

    package var commit: String
    package var state: State
    package var verdict: Verdict?
    package var stages: [Stage]
    package var findings: [Finding]
    package var inference: Inference?
    package var comparison: Comparison?

    package init(
        commit: String, state: State, verdict: Verdict? = nil, stages: [Stage] = [], findings: [Finding] = [],
        inference: Inference? = nil, comparison: Comparison? = nil
    ) {
        self.commit = commit
        self.state = state
        self.verdict = verdict
        self.stages = stages
        self.findings = findings
        self.inference = inference
        self.comparison = comparison
    }
}
