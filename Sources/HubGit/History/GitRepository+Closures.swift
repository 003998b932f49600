import HubCore

/// All that some commits reach: commits, trees and blobs.
struct Closure {
    fileprivate(set) var tips: Set<CommitID> = []

    /// The numbers of the objects, ascending.
    fileprivate(set) var numbers: [Int64] = []

    /// How many of the objects had to be looked for, because they were not written down.
    fileprivate(set) var walked = 0

    /// Whether so much of it had to be looked for that it should be written down.
    var isWorthWriting: Bool { walked >= max(GitRepository.closureStep, numbers.count / 10) }

    mutating func add(_ more: [Int64]) {
        guard let last = numbers.last, let first = more.first, first <= last else { return numbers += more }
        var merged: [Int64] = []
        merged.reserveCapacity(numbers.count + more.count)
        var (left, right) = (0, 0)
        while left < numbers.count || right < more.count {
            let takesLeft = right == more.count || (left < numbers.count && numbers[left] <= more[right])
            let next = takesLeft ? numbers[left] : more[right]
            if takesLeft { left += 1 } else { right += 1 }
            if merged.last != next { merged.append(next) }
        }
        numbers = merged
    }

    fileprivate func subtracting(_ other: Closure) -> [Int64] {
        var place = 0
        return numbers.filter { number in
            while place < other.numbers.count, other.numbers[place] < number { place += 1 }
            return place == other.numbers.count || other.numbers[place] != number
        }
    }
}

extension GitRepository {
    /// All that `commits`, which the refs must reach, reach.
    func closure(of commits: [CommitID]) throws -> Closure {
        var closure = try knownClosure(within: commits)
        guard !closure.tips.isSuperset(of: commits) else { return closure }
        let selection = try CommitSelection(
            UploadPackRequest(), wants: commits, common: Array(closure.tips), in: self)
        var draft = PackDraft()
        for id in selection.commits { draft.add(id) }
        try draft.add(trees: selection.trees, without: selection.knownTrees, filter: nil, in: self)
        closure.walked = draft.ids.count
        closure.add(try numbers(of: draft.ids))
        return closure
    }

    /// The numbers of objects that must exist, ascending.
    func numbers(of ids: [ObjectID]) throws -> [Int64] {
        let numbers = try source.rows.numbers(of: ids).sorted()
        guard numbers.count == ids.count else {
            let headers = try source.rows.headers(ids)
            let missing = ids.first { headers[$0] == nil }.map(\.hex) ?? "of its own"
            throw GitError(code: .notFound, message: "git object \(missing) is missing")
        }
        return numbers
    }

    /// As much as is written down of what `commits` reach.
    private func knownClosure(within commits: [CommitID]) throws -> Closure {
        var closure = Closure()
        for part in try knownParts(within: commits).parts {
            closure.tips.formUnion(part.tips)
            closure.add(ClosureRows.decode(part.objects))
        }
        return closure
    }

    /// What is written down of what `commits` reach, and whether that is all that is written down.
    func knownParts(within commits: [CommitID]) throws -> (parts: [ClosureRows.Part], isWhole: Bool) {
        let parts = try ClosureRows(connection: connection).parts(of: id)
        let starts = Set(commits)
        var reached: CommitMarks?
        for (place, part) in parts.enumerated() where !starts.isSuperset(of: part.tips) {
            if reached == nil {
                let positions = try positions(of: commits)
                reached = table.reached(from: positions)
            }
            let isReached = part.tips.allSatisfy { tip in
                table.position(of: tip).map { reached?[$0] ?? false } ?? false
            }
            // Those behind it leave out what it holds.
            guard isReached else { return (Array(parts[..<place]), false) }
        }
        return (parts, true)
    }

    /// What is to be written down: the objects of the default branch, then those of all other branches and of the tags,
    /// which is what clones of one branch and of all want.
    ///
    /// Nil if what is written down already does.
    func newClosures() throws -> [ClosureRows.Part]? {
        let refs = try snapshot()
        let commits = Set(refs.commitTips)
        let tips = Set(refs.refs.filter { $0.name.isBranch || $0.name.isTag }.map(\.commit)).intersection(commits)
        let all = try closure(of: tips.sorted { $0.hex < $1.hex })
        guard all.isWorthWriting else { return nil }
        guard let head = refs.head?.commit, tips.contains(head) else {
            return [ClosureRows.Part(tips: Array(tips), objects: ClosureRows.encode(all.numbers))]
        }
        let first = try closure(of: [head])
        let others = tips.subtracting([head])
        let parts = [ClosureRows.Part(tips: [head], objects: ClosureRows.encode(first.numbers))]
        guard !others.isEmpty else { return parts }
        let rest = ClosureRows.encode(all.subtracting(first))
        return parts + [ClosureRows.Part(tips: Array(others), objects: rest)]
    }

    /// Walking over fewer objects than this is not worth writing anything down.
    static var closureStep: Int { 1000 }
}
