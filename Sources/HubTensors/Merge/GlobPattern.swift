/// A pattern for tensor names: `*` stands for any text, `?` for one character, all else for itself.
package struct GlobPattern: Hashable, Sendable {
    package let text: String
    private let scalars: [Unicode.Scalar]

    package init(_ text: String) {
        self.text = text
        scalars = Array(text.unicodeScalars)
    }

    package func matches(_ name: String) -> Bool {
        let name = Array(name.unicodeScalars)
        var place = 0
        var index = 0
        var retry: (star: Int, place: Int)?
        while place < name.count {
            if index < scalars.count, scalars[index] == "*" {
                retry = (index, place)
                index += 1
            } else if index < scalars.count, scalars[index] == "?" || scalars[index] == name[place] {
                index += 1
                place += 1
            } else if let last = retry {
                // The last star takes one character more.
                retry = (last.star, last.place + 1)
                index = last.star + 1
                place = last.place + 1
            } else {
                return false
            }
        }
        return scalars[index...].allSatisfy { $0 == "*" }
    }
}
