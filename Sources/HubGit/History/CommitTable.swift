package import HubCore

/// The shape of a history: which commit stands on which, without what they say.
///
/// Commits have positions, and every commit stands behind its parents. So whatever follows from children to parents is
/// one pass downwards over an array. Some 120 bytes a commit.
package struct CommitTable: Sendable {
    package private(set) var ids: [CommitID] = []
    package private(set) var trees: [ObjectID] = []

    /// When each was committed, in seconds since 1970.
    package private(set) var seconds: [Int64] = []

    private var positions: [CommitID: Int32] = [:]

    /// The first two parents of each commit; none is −1.
    private var first: [Int32] = []
    private var second: [Int32] = []

    /// The parents behind the second, of the few commits that have more.
    private var others: [Int32: [Int32]] = [:]

    package init() {}

    package var count: Int { ids.count }

    package func position(of id: CommitID) -> Int? { positions[id].map(Int.init) }

    func forEachParent(of position: Int, _ body: (Int) throws -> Void) rethrows {
        guard first[position] >= 0 else { return }
        try body(Int(first[position]))
        guard second[position] >= 0 else { return }
        try body(Int(second[position]))
        guard !others.isEmpty, let more = others[Int32(position)] else { return }
        for parent in more { try body(Int(parent)) }
    }

    package func parents(of position: Int) -> [Int] {
        var found: [Int] = []
        forEachParent(of: position) { found.append($0) }
        return found
    }

    /// Adds `starts` and all they stand on.
    ///
    /// - Parameter read: Reads a commit that is not here yet; what it throws for one that does not exist goes through.
    package mutating func add(_ starts: some Sequence<CommitID>, read: (CommitID) throws -> CommitHeader) throws {
        var waiting: [CommitID: CommitHeader] = [:]
        var stack = starts.filter { positions[$0] == nil }
        while let id = stack.last {
            guard positions[id] == nil else {
                stack.removeLast()
                continue
            }
            let header = try waiting[id] ?? read(id)
            let missing = header.parents.filter { positions[$0] == nil }
            guard missing.isEmpty else {
                guard waiting.updateValue(header, forKey: id) == nil else {
                    throw GitError(code: .invalid, message: "commit \(id) stands on itself")
                }
                stack += missing
                continue
            }
            append(id, header)
            waiting[id] = nil
            stack.removeLast()
        }
    }

    private mutating func append(_ id: CommitID, _ header: CommitHeader) {
        let place = Int32(ids.count)
        let parents = header.parents.compactMap { positions[$0] }
        ids.append(id)
        trees.append(header.tree)
        seconds.append(header.seconds)
        first.append(parents.first ?? -1)
        second.append(parents.count > 1 ? parents[1] : -1)
        if parents.count > 2 { others[place] = Array(parents[2...]) }
        positions[id] = place
    }
}

/// What a commit object says first.
package struct CommitHeader: Sendable {
    package let tree: ObjectID
    package let parents: [CommitID]

    /// When it was committed, in seconds since 1970; 0 if it does not say.
    package let seconds: Int64

    /// Reads `tree`, `parent`… and `committer` lines (git's documentation, "Git Objects").
    package init(parsing bytes: [UInt8]) throws(GitError) {
        let malformed = GitError(code: .invalid, message: "a commit object is malformed")
        var place = 0
        func id(after word: StaticString) -> ObjectID? {
            let length = word.utf8CodeUnitCount
            let end = place + length + 40
            guard end < bytes.count, bytes[end] == UInt8(ascii: "\n") else { return nil }
            for index in 0..<length where bytes[place + index] != word.utf8Start[index] { return nil }
            return ObjectID(hex: bytes[(place + length)..<end])
        }
        guard let tree = id(after: "tree ") else { throw malformed }
        place += 46
        var parents: [CommitID] = []
        while let parent = id(after: "parent ") {
            parents.append(parent)
            place += 48
        }
        (self.tree, self.parents) = (tree, parents)
        seconds = Self.committed(bytes[place...])
    }

    private static func committed(_ bytes: ArraySlice<UInt8>) -> Int64 {
        let newline = UInt8(ascii: "\n")
        for line in bytes.split(separator: newline, maxSplits: 16, omittingEmptySubsequences: false) {
            guard !line.isEmpty else { return 0 }
            guard line.starts(with: "committer ".utf8) else { continue }
            guard let end = line.lastIndex(of: UInt8(ascii: ">")) else { return 0 }
            let words = line[(end + 1)...].split(separator: UInt8(ascii: " "))
            return words.first.flatMap { Int64(String(decoding: $0, as: UTF8.self)) } ?? 0
        }
        return 0
    }
}
