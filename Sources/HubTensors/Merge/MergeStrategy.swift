package import HubCore

/// What is to happen with a tensor that both sides changed.
package enum MergeStrategy: Sendable {
    /// Leave it to a person.
    case conflict
    case method(any MergeMethod)

    /// Reads `NAME` or `NAME:key=value,…`.
    package init(parsing text: String) throws(HubError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var parameters: [String: Double] = [:]
        if parts.count == 2 {
            for pair in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                let sides = pair.split(separator: "=", omittingEmptySubsequences: false)
                guard sides.count == 2, let value = Double(sides[1]) else {
                    throw .invalid("'\(pair)' in '\(text)' is no parameter; expected name=number")
                }
                guard parameters.updateValue(value, forKey: String(sides[0])) == nil else {
                    throw .invalid("'\(text)' gives '\(sides[0])' twice")
                }
            }
        }
        if parts[0] == "conflict", parameters.isEmpty {
            self = .conflict
        } else {
            self = .method(try MergeMethods.make(String(parts[0]), parameters: parameters))
        }
    }
}

extension MergeStrategy: CustomStringConvertible {
    package var description: String {
        switch self {
        case .conflict: "conflict"
        case .method(let method): method.description
        }
    }
}

/// A strategy for every tensor: the first pattern that matches its name decides, else the default.
package struct MergeRules: Sendable {
    package var `default`: MergeStrategy
    package var overrides: [(pattern: GlobPattern, strategy: MergeStrategy)]

    /// Whether a change of a tensor follows it to its new name on the other side.
    package var followsRenames: Bool

    package init(
        _ default: MergeStrategy = .conflict,
        overrides: [(pattern: GlobPattern, strategy: MergeStrategy)] = [],
        followsRenames: Bool = false
    ) {
        self.default = `default`
        self.overrides = overrides
        self.followsRenames = followsRenames
    }

    /// Reads overrides written `pattern=strategy`, as after `-X`.
    package static func override(
        parsing text: String
    ) throws(HubError) -> (pattern: GlobPattern, strategy: MergeStrategy) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw .invalid("'\(text)' is no rule; expected PATTERN=STRATEGY, such as 'lm_head.*=ours'")
        }
        return (GlobPattern(String(parts[0])), try MergeStrategy(parsing: String(parts[1])))
    }

    package func strategy(for name: String) -> MergeStrategy {
        overrides.first { $0.pattern.matches(name) }?.strategy ?? self.default
    }
}

extension MergeRules: CustomStringConvertible {
    /// `sum`, or `sum; lm_head.*=ours; renames`: what the trailer of a merge commit says.
    package var description: String {
        let rules = overrides.map { "\($0.pattern.text)=\($0.strategy)" }
        return ([self.default.description] + rules + (followsRenames ? ["renames"] : [])).joined(separator: "; ")
    }
}
