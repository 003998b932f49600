package import HubCore

extension ListingQuery {
    /// Parses `min:6B,max:128B`: either bound, or both; K, M, B and T are powers of a thousand.
    package static func parameters(parsing text: String) throws(HubError) -> ClosedRange<Int> {
        var low = 0
        var high = Int.max
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: ":", maxSplits: 1)
            guard pair.count == 2, let number = number(pair[1]) else { throw malformed(text) }
            switch pair[0] {
            case "min": low = number
            case "max": high = number
            default: throw malformed(text)
            }
        }
        guard low <= high else { throw malformed(text) }
        return low...high
    }

    private static func malformed(_ text: String) -> HubError {
        .invalid("num_parameters is '\(text.prefix(100))'; expected min:6B,max:128B, or one of the two")
    }

    private static func number(_ text: Substring) -> Int? {
        let scales: [Character: Double] = ["K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12]
        let scale = text.last.flatMap { scales[Character($0.uppercased())] }
        guard let number = Double(scale == nil ? text : text.dropLast()), number.isFinite, number >= 0 else {
            return nil
        }
        return Int(exactly: (number * (scale ?? 1)).rounded())
    }
}
