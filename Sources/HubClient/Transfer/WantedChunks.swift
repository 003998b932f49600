package import HubAPI
import HubCore

/// The chunks that a file is made of, by where the hub keeps them.
package struct WantedChunks: Sendable {
    private var ranges: [XetHash: [Range<Int>]] = [:]

    package init() {}

    package mutating func add(_ terms: [ReconstructionBody.Term]) {
        for term in terms { ranges[term.hash, default: []].append(term.range.start..<term.range.end) }
    }

    /// To be called once all is added.
    package mutating func sort() {
        ranges = ranges.mapValues { ranges in
            ranges.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { merged, range in
                if let last = merged.last, range.lowerBound <= last.upperBound {
                    merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
                } else {
                    merged.append(range)
                }
            }
        }
    }

    package func contains(_ location: ChunkLocation) -> Bool {
        guard let ranges = ranges[location.xorb] else { return false }
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= location.index { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(location.index)
    }
}
