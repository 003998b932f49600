import HubCore

/// How much each side counts.
package struct MergeWeights: Hashable, Sendable {
    package var ours: Double
    package var theirs: Double

    package init(ours: Double, theirs: Double) {
        self.ours = ours
        self.theirs = theirs
    }

    /// Reads the parameters `ours` and `theirs` of a method; with no default, the method takes none.
    init(_ parameters: [String: Double], of method: String, default weight: Double?) throws(HubError) {
        guard let weight else {
            guard let name = parameters.keys.min() else {
                self.init(ours: 0, theirs: 0)
                return
            }
            throw .invalid("'\(method)' takes no parameter '\(name)'")
        }
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
            guard ["ours", "theirs"].contains(name) else {
                throw .invalid("'\(method)' takes no parameter '\(name)'; it has ours and theirs")
            }
            guard value.isFinite, value.magnitude <= 1000 else {
                throw .invalid("the weight '\(name)' of '\(method)' must lie between -1000 and 1000")
            }
        }
        self.init(ours: parameters["ours"] ?? weight, theirs: parameters["theirs"] ?? weight)
    }

    /// `sum`, or `sum:ours=1.0,theirs=0.8` where it is not the default.
    func describe(_ method: String, default weight: Double) -> String {
        ours == weight && theirs == weight ? method : "\(method):ours=\(ours),theirs=\(theirs)"
    }
}
