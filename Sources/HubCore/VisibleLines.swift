/// Lines for people, one a call, in which text of others shows as what it is.
///
/// No line that is written ends before its last character, so that none can be forged, and nothing in it commands a
/// terminal or turns the direction of what follows.
package struct VisibleLines<Base: TextOutputStream>: TextOutputStream {
    package private(set) var base: Base

    package init(_ base: Base) { self.base = base }

    /// Writes one line; the line end that `string` may have is not part of it.
    package mutating func write(_ string: String) {
        let line = string.hasSuffix("\n") ? string.dropLast() : string[...]
        base.write(line.spelledOut + "\n")
    }
}

extension VisibleLines: Sendable where Base: Sendable {}
