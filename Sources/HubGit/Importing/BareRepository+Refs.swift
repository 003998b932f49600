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
    ///
    /// None is looked up by its name: libgit2 then believes a `packed-refs` that says it is sorted, and is not always.
    package func refs() throws(GitError) -> Refs {
        let places = try places()
        var refs = Refs()
        for name in places.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            take(name, places, into: &refs)
        }
        return refs
    }

    /// What a ref holds.
    private enum Place {
        case object(ObjectID)
        case ref(String)
    }

    private func places() throws(GitError) -> [String: Place] {
        let iterator = try Owned(freeing: { git_reference_iterator_free($0) }) {
            git_reference_iterator_new($0, pointer)
        }
        var places: [String: Place] = [:]
        while true {
            var next: OpaquePointer?
            let status = git_reference_next(&next, iterator.pointer)
            guard status != GIT_ITEROVER.rawValue else { break }
            try git { status }
            guard let next else { break }
            defer { git_reference_free(next) }
            let name = String(cString: git_reference_name(next))
            // A loose ref comes before a packed one of the same name, and counts.
            guard places[name] == nil else { continue }
            if let id = git_reference_target(next) {
                places[name] = .object(ObjectID(id.pointee))
            } else if let other = git_reference_symbolic_target(next) {
                places[name] = .ref(String(cString: other))
            }
        }
        return places
    }

    private func take(_ name: String, _ places: [String: Place], into refs: inout Refs) {
        do {
            let ref = try RefName(parsing: name)
            guard ref.isBranch || ref.isTag else {
                return refs.leftOut.append((name, "it is neither a branch nor a tag"))
            }
            if let problem = ref.problemAsNew { return refs.leftOut.append((name, problem)) }
            let target = try target(of: name, places)
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

    /// Follows refs that name others, as far as git does.
    private func target(of start: String, _ places: [String: Place]) throws(GitError) -> ObjectID {
        var name = start
        for _ in 0...5 {
            switch places[name] {
            case .object(let id): return id
            case .ref(let other): name = other
            case nil:
                // Such as HEAD.
                var id = git_oid()
                guard git_reference_name_to_id(&id, pointer, name) == 0 else {
                    throw GitError(code: .notFound, message: "it leads to \(name), which is not there")
                }
                return ObjectID(id)
            }
        }
        throw GitError(code: .notFound, message: "it leads nowhere")
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
