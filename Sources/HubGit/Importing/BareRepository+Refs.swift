import CLibgit2
import HubCore

extension BareRepository {
    /// The refs of a bare repository: those a hub can have too, and the others with the reason why not.
    package struct Refs: Sendable {
        /// By name.
        package internal(set) var taken: [GitRef] = []
        package internal(set) var leftOut: [(name: String, reason: String)] = []
    }

    /// All refs as they stand.
    package func refs() throws(GitError) -> Refs {
        let iterator = try Owned(freeing: { git_reference_iterator_free($0) }) {
            git_reference_iterator_new($0, pointer)
        }
        var refs = Refs()
        while true {
            var next: OpaquePointer?
            let status = git_reference_next(&next, iterator.pointer)
            guard status != GIT_ITEROVER.rawValue else { break }
            try git { status }
            guard let next else { break }
            defer { git_reference_free(next) }
            take(next, into: &refs)
        }
        refs.taken.sort { $0.name.name.utf8.lexicographicallyPrecedes($1.name.name.utf8) }
        return refs
    }

    private func take(_ reference: OpaquePointer, into refs: inout Refs) {
        let name = String(cString: git_reference_name(reference))
        do {
            let ref = try RefName(parsing: name)
            guard ref.isBranch || ref.isTag else {
                return refs.leftOut.append((name, "it is neither a branch nor a tag"))
            }
            if let problem = ref.problemAsNew { return refs.leftOut.append((name, problem)) }
            let target = try target(of: reference)
            guard let commit = try commit(behind: target) else {
                return refs.leftOut.append((name, "it does not lead to a commit"))
            }
            guard target == commit || ref.isTag else {
                return refs.leftOut.append((name, "a branch names a commit, and this one names a tag"))
            }
            refs.taken.append(GitRef(name: ref, target: target, peeled: target == commit ? nil : commit))
        } catch {
            refs.leftOut.append((name, "\(error)"))
        }
    }

    private func target(of reference: OpaquePointer) throws(GitError) -> ObjectID {
        let direct = try Owned(freeing: { git_reference_free($0) }) { git_reference_resolve($0, reference) }
        guard let id = git_reference_target(direct.pointer) else {
            throw GitError(code: .notFound, message: "it leads nowhere")
        }
        return ObjectID(id.pointee)
    }

    /// Follows tag objects; nil if they end at something else.
    private func commit(behind start: ObjectID) throws(GitError) -> CommitID? {
        var id = start
        for _ in 0..<16 {
            switch try header(id).kind {
            case .commit: return id
            case .tag: id = try tagTarget(id)
            case .tree, .blob: return nil
            }
        }
        return nil
    }

    /// What a tag object names.
    func tagTarget(_ tag: ObjectID) throws(GitError) -> ObjectID {
        let text = String(decoding: try object(tag).bytes.prefix(48), as: UTF8.self)
        guard text.hasPrefix("object "), let line = text.split(separator: "\n").first,
            let target = try? ObjectID(parsing: line.dropFirst("object ".count))
        else { throw GitError(code: .invalid, message: "tag object \(tag) is malformed") }
        return target
    }
}
