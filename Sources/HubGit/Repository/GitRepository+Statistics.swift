import HubCore

extension GitRepository {
    /// Counts what the refs reach, each object once.
    ///
    /// Costs one look at every commit and tree; of blobs only the sizes are read. Memory is some 40 bytes for each
    /// object, and no more than `limit` of them are looked at.
    package func statistics(limit: Int = 5_000_000) throws -> GitStatistics {
        var census = Census(limit: limit)
        try census.run(from: refs().map(\.target), in: self)
        return census.found
    }
}

/// Walks over everything, a few hundred objects at a time.
private struct Census {
    var found = GitStatistics()

    private let limit: Int
    private var history = HistoryShape()
    private var seen: Set<ObjectID> = []
    private var pendingTrees: [ObjectID] = []
    private var pendingBlobs: [ObjectID] = []

    private static let batch = 400

    init(limit: Int) { self.limit = limit }

    mutating func run(from tips: [ObjectID], in git: borrowing GitRepository) throws {
        var pending = tips.filter { seen.insert($0).inserted }
        while !pending.isEmpty, hasRoom {
            let some = Array(pending.suffix(Self.batch))
            pending.removeLast(some.count)
            try git.source.rows.forEach(of: some) { stored in
                pending += try take(stored).filter { seen.insert($0).inserted }
            }
            try drain(above: Self.batch, in: git)
        }
        try drain(above: 0, in: git)
        found.longestHistory = history.longest()
    }

    private var hasRoom: Bool {
        mutating get {
            if seen.count > limit { found.isWhole = false }
            return found.isWhole
        }
    }

    /// Counts a commit or tag (or what else a ref names) and returns what of history it leads to.
    private mutating func take(_ stored: StoredObject) throws -> [ObjectID] {
        switch stored.header.kind {
        case .commit:
            found.commits.add(stored.header.size)
            let text = try CommitLinks(parsing: Zlib.inflate(stored.deflated, size: stored.header.size))
            if seen.insert(text.tree).inserted { pendingTrees.append(text.tree) }
            history.add(stored.id, parents: text.parents)
            return text.parents
        case .tag:
            found.tags.add(stored.header.size)
            let bytes = try Zlib.inflate(stored.deflated, size: stored.header.size)
            return try [ObjectID(parsing: String(decoding: bytes.dropFirst("object ".count).prefix(40), as: UTF8.self))]
        case .tree:
            pendingTrees.append(stored.id)
            return []
        case .blob:
            pendingBlobs.append(stored.id)
            return []
        }
    }

    /// Looks at the trees and files that wait, until there are no more than so many.
    private mutating func drain(above count: Int, in git: borrowing GitRepository) throws {
        while pendingTrees.count > count, hasRoom {
            let some = Array(pendingTrees.suffix(Self.batch))
            pendingTrees.removeLast(some.count)
            try git.source.rows.forEach(of: some) { stored in
                found.trees.add(stored.header.size)
                let tree = try TreeObject(parsing: Zlib.inflate(stored.deflated, size: stored.header.size))
                for entry in tree.entries where entry.mode != TreeObject.Mode.submodule {
                    guard seen.insert(entry.id).inserted else { continue }
                    if entry.isTree { pendingTrees.append(entry.id) } else { pendingBlobs.append(entry.id) }
                }
            }
            try drainBlobs(above: 10_000, in: git)
        }
        try drainBlobs(above: count, in: git)
    }

    private mutating func drainBlobs(above count: Int, in git: borrowing GitRepository) throws {
        guard pendingBlobs.count > count else { return }
        for header in try git.source.headers(pendingBlobs).values { found.blobs.add(header.size) }
        pendingBlobs.removeAll(keepingCapacity: true)
    }
}

/// What a commit points at, read without the rest.
private struct CommitLinks {
    let tree: ObjectID
    let parents: [ObjectID]

    init(parsing bytes: [UInt8]) throws {
        var parents: [ObjectID] = []
        var tree: ObjectID?
        var place = 0
        while let end = bytes[place...].firstIndex(of: UInt8(ascii: "\n")), end > place {
            let line = bytes[place..<end]
            place = end + 1
            if line.starts(with: "tree ".utf8) {
                tree = try ObjectID(parsing: String(decoding: line.dropFirst(5), as: UTF8.self))
            } else if line.starts(with: "parent ".utf8) {
                parents.append(try ObjectID(parsing: String(decoding: line.dropFirst(7), as: UTF8.self)))
            } else {
                break
            }
        }
        guard let tree else { throw GitError(code: .invalid, message: "a commit without a tree rests in the database") }
        self.tree = tree
        self.parents = parents
    }
}

/// Commits by number, and the numbers of their parents.
private struct HistoryShape {
    private var numbers: [ObjectID: Int32] = [:]
    private var parents: [[Int32]] = []

    mutating func add(_ commit: ObjectID, parents: [ObjectID]) {
        let place = number(of: commit)
        let found = parents.map { number(of: $0) }
        self.parents[Int(place)] = found
    }

    private mutating func number(of commit: ObjectID) -> Int32 {
        if let known = numbers[commit] { return known }
        let new = Int32(parents.count)
        numbers[commit] = new
        parents.append([])
        return new
    }

    /// The most commits that stand in one line, each the parent of the one before.
    func longest() -> Int {
        var lengths = [Int32](repeating: 0, count: parents.count)
        var best: Int32 = 0
        var stack: [Int32] = []
        for start in parents.indices where lengths[start] == 0 {
            stack.append(Int32(start))
            while let place = stack.last {
                let open = parents[Int(place)].filter { lengths[Int($0)] == 0 }
                guard open.isEmpty else {
                    stack += open
                    continue
                }
                stack.removeLast()
                lengths[Int(place)] = 1 + (parents[Int(place)].map { lengths[Int($0)] }.max() ?? 0)
                best = max(best, lengths[Int(place)])
            }
        }
        return Int(best)
    }
}
