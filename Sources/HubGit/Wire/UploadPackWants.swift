import HubCore

/// The objects a fetch asks for, all of which the repository's refs reach.
struct UploadPackWants {
    /// Commits, asked for or behind a tag that was.
    private(set) var commits: [CommitID] = []

    /// Tag objects, trees and blobs that were asked for themselves, or are on the way to what was.
    private(set) var tags: [ObjectID] = []
    private(set) var trees: [ObjectID] = []
    private(set) var blobs: [ObjectID] = []

    /// Throws ``GitError`` (`.invalid`) for an object that the refs do not reach, which looks like one that is nowhere.
    init(_ wanted: [ObjectID], in git: borrowing GitRepository) throws {
        let wanted = Set(wanted)
        if let stranger = try wanted.subtracting(git.visible(among: wanted)).min(by: { $0.hex < $1.hex }) {
            throw GitError(code: .invalid, message: "upload-pack: not our ref \(stranger)")
        }
        var open = Array(wanted)
        var seen: Set<ObjectID> = []
        while !open.isEmpty {
            let table = git.table
            var others: [ObjectID] = []
            for id in open where seen.insert(id).inserted {
                if table.position(of: id) != nil { commits.append(id) } else { others.append(id) }
            }
            open = try sort(others, in: git)
        }
        commits.sort { $0.hex < $1.hex }
    }

    /// Puts objects where they belong and returns what the tags among them name.
    private mutating func sort(_ ids: [ObjectID], in git: borrowing GitRepository) throws -> [ObjectID] {
        let headers = try git.source.headers(ids)
        var found: [ObjectID] = []
        for id in ids {
            switch headers[id]?.kind {
            case nil: throw GitError(code: .notFound, message: "git object \(id) is missing")
            case .commit: commits.append(id)
            case .tree: trees.append(id)
            case .blob: blobs.append(id)
            case .tag: found.append(id)
            }
        }
        tags += found
        var targets: [ObjectID] = []
        try git.source.forEachObject(of: found) { _, object in targets.append(try object.tagTarget()) }
        return targets
    }
}
