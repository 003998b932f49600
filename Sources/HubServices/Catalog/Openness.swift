/// How many people a repository gives its files to; each case is more open than the ones before it.
package enum Openness: Int, Sendable, Comparable {
    /// To its owner and members.
    case members

    /// Also to those whom someone has let in.
    case admitted

    /// Also to whoever asks.
    case asking

    /// To everyone.
    case everyone

    package init(_ visibility: RepositoryRecord.Visibility, _ gate: RepositoryRecord.Gate?) {
        guard visibility == .public else {
            self = .members
            return
        }
        switch gate {
        case .manual: self = .admitted
        case .auto: self = .asking
        case nil: self = .everyone
        }
    }

    package static func < (one: Openness, other: Openness) -> Bool { one.rawValue < other.rawValue }
}

extension RepositoryRecord {
    package var openness: Openness { Openness(visibility, gate) }
}
