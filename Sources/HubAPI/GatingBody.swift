/// Whether the files of a repository are given only to those who were let in: `false`, `"auto"` or `"manual"`.
package enum GatingBody: Sendable, Hashable {
    /// Everyone who can see the repository may have its files.
    case open

    /// Whoever asks is let in.
    case auto

    /// Someone decides about each who asks.
    case manual
}

extension GatingBody: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self), !flag {
            self = .open
            return
        }
        switch try? container.decode(String.self) {
        case "auto": self = .auto
        case "manual": self = .manual
        default:
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected false, \"auto\" or \"manual\"")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .open: try container.encode(false)
        case .auto: try container.encode("auto")
        case .manual: try container.encode("manual")
        }
    }
}
