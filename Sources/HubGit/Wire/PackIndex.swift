import CLibgit2
import HubCore

/// The objects of a pack on disk: found, made whole, and named by hashing them.
///
/// Whole objects stay where they are in the pack. What was sent as a delta is made whole once, compressed and
/// appended to the file, so that reading any object later is reading one zlib stream.
struct PackIndex: Sendable {
    private struct Entry: Sendable {
        enum Content: Sendable {
            case whole(ObjectKind)
            case delta(onEntryAt: Int)
            case deltaOnObject(ObjectID)
        }

        let content: Content
        let offset: Int
        /// Of the zlib stream.
        let start: Int
        let end: Int
        /// What the stream inflates to.
        let size: Int
    }

    private struct Resolved: Sendable {
        let id: ObjectID
        let entryOffset: Int?
        let depth: Int
    }

    private(set) var slots: [ObjectID: QuarantinedObjects.Slot] = [:]

    /// Objects of the repository that deltas stand on; they are not part of the push.
    private var bases: [ObjectID: QuarantinedObjects.Slot] = [:]

    private let file: ScratchFile
    private let limits: PushLimits
    private var fileEnd: Int
    private var inflated = 0
    private var waitingOnEntry: [Int: [Entry]] = [:]
    private var waitingOnObject: [ObjectID: [Entry]] = [:]
    private var recent = RecentObjects()

    /// Reads the pack that fills the first `length` bytes of `file`, without its checksum.
    init(_ file: ScratchFile, length: Int, limits: PushLimits) throws(GitError) {
        self.file = file
        self.limits = limits
        fileEnd = length
        let inflater = try Inflater(file, end: length)
        for entry in try scan(inflater, length: length) { try resolve(entry, inflater) }
    }

    /// Objects that deltas stand on and the pack does not hold: a thin pack counts on the repository having them.
    var missingBases: Set<ObjectID> { Set(waitingOnObject.keys) }

    /// Gives the pack what its deltas stand on, and makes them whole.
    mutating func complete(with objects: [StoredObject]) throws(GitError) {
        let inflater = try Inflater(file, end: fileEnd)
        for object in objects {
            guard object.header.size <= limits.objectBytes else { throw tooLarge(object.header.size) }
            bases[object.id] = try append(object.deflated, object.header)
            let waiting = waitingOnObject.removeValue(forKey: object.id) ?? []
            let base = Resolved(id: object.id, entryOffset: nil, depth: 0)
            try resolve(waiting.map { ($0, base) }, inflater)
        }
    }

    /// Fails unless every delta found what it stands on.
    func checkComplete() throws(GitError) {
        guard let base = waitingOnObject.keys.first else {
            guard waitingOnEntry.isEmpty else {
                throw GitError(code: .invalid, message: "the pack holds a delta on something that is no object")
            }
            return
        }
        throw GitError(code: .invalid, message: "the pack builds on \(base), which this repository does not have")
    }

    // MARK: Finding

    /// Keeps deltas waiting and returns what is whole.
    private mutating func scan(_ inflater: Inflater, length: Int) throws(GitError) -> [Entry] {
        var place = PackFormat.headerLength
        let count = try PackFormat.readHeader(inflater)
        guard count <= limits.objects else {
            throw GitError(
                code: .invalid, message: "the pack holds \(count) objects, more than the \(limits.objects) allowed")
        }
        var whole: [Entry] = []
        for _ in 0..<count {
            let entry = try readEntry(inflater, at: place)
            place = entry.end
            switch entry.content {
            case .whole: whole.append(entry)
            case .delta(let offset): waitingOnEntry[offset, default: []].append(entry)
            case .deltaOnObject(let id): waitingOnObject[id, default: []].append(entry)
            }
        }
        guard place == length else { throw GitError(code: .invalid, message: "the pack is longer than its objects") }
        return whole
    }

    private mutating func readEntry(_ inflater: Inflater, at offset: Int) throws(GitError) -> Entry {
        var place = offset
        let (type, size) = try PackFormat.readEntryHeader(inflater, &place)
        guard size <= limits.objectBytes else { throw tooLarge(size) }
        let content: Entry.Content
        switch type {
        case PackFormat.offsetDelta:
            let distance = try PackFormat.readOffset(inflater, &place)
            guard distance > 0, distance < offset else {
                throw GitError(code: .invalid, message: "the pack holds a delta on something outside of it")
            }
            content = .delta(onEntryAt: offset - distance)
        case PackFormat.objectDelta: content = .deltaOnObject(try PackFormat.readID(inflater, &place))
        default:
            guard let kind = ObjectKind(rawValue: type) else {
                throw GitError(code: .invalid, message: "the pack holds an object of an unknown kind")
            }
            content = .whole(kind)
        }
        try count(size)
        let (_, end) = try inflater.inflate(at: place, size: size)
        return Entry(content: content, offset: offset, start: place, end: end, size: size)
    }

    // MARK: Making whole

    private mutating func resolve(_ entry: Entry, _ inflater: Inflater) throws(GitError) {
        guard case .whole(let kind) = entry.content else { return }
        let bytes = try inflater.inflate(at: entry.start, size: entry.size).bytes
        let header = ObjectHeader(kind: kind, size: entry.size)
        let slot = QuarantinedObjects.Slot(header: header, offset: entry.start, length: entry.end - entry.start)
        let id = try GitObject(kind: kind, bytes: bytes).name()
        slots[id] = slots[id] ?? slot
        let resolved = Resolved(id: id, entryOffset: entry.offset, depth: 0)
        let waiting = takeWaiting(on: resolved)
        guard !waiting.isEmpty else { return }
        recent.keep(bytes, as: id)
        try resolve(waiting, inflater)
    }

    /// Makes deltas whole, and those that stand on them, deepest first.
    private mutating func resolve(_ deltas: [(Entry, Resolved)], _ inflater: Inflater) throws(GitError) {
        var pending = deltas
        while let (entry, base) = pending.popLast() {
            guard base.depth < limits.deltaDepth else {
                throw GitError(
                    code: .invalid, message: "the pack stacks more than \(limits.deltaDepth) deltas on each other")
            }
            let made = try make(entry, on: base, inflater)
            let id = try made.name()
            if slots[id] == nil {
                let header = ObjectHeader(kind: made.kind, size: made.bytes.count)
                slots[id] = try append(Zlib.deflate(made.bytes), header)
            }
            let waiting = takeWaiting(on: Resolved(id: id, entryOffset: entry.offset, depth: base.depth + 1))
            if !waiting.isEmpty { recent.keep(made.bytes, as: id) }
            pending += waiting
        }
    }

    private mutating func make(_ entry: Entry, on base: Resolved, _ inflater: Inflater) throws(GitError) -> GitObject {
        guard let slot = slots[base.id] ?? bases[base.id] else {
            throw GitError(code: .generic, message: "the pack lost an object")
        }
        let delta = try Delta(inflater.inflate(at: entry.start, size: entry.size).bytes)
        guard delta.size <= limits.objectBytes else { throw tooLarge(delta.size) }
        try count(delta.size)
        let bytes: [UInt8]
        if let kept = recent[base.id] {
            bytes = kept
        } else {
            bytes = try Zlib.inflate(file.read(slot.offset..<slot.offset + slot.length), size: slot.header.size)
            recent.keep(bytes, as: base.id)
        }
        return GitObject(kind: slot.header.kind, bytes: try delta.apply(to: bytes))
    }

    private mutating func takeWaiting(on base: Resolved) -> [(Entry, Resolved)] {
        let byPlace = base.entryOffset.flatMap { waitingOnEntry.removeValue(forKey: $0) } ?? []
        let byName = waitingOnObject.removeValue(forKey: base.id) ?? []
        return (byPlace + byName).map { ($0, base) }
    }

    private mutating func append(
        _ deflated: [UInt8], _ header: ObjectHeader
    ) throws(GitError) -> QuarantinedObjects.Slot {
        try file.write(deflated, at: fileEnd)
        defer { fileEnd += deflated.count }
        return QuarantinedObjects.Slot(header: header, offset: fileEnd, length: deflated.count)
    }

    private mutating func count(_ size: Int) throws(GitError) {
        inflated += size
        guard inflated <= limits.inflatedBytes else {
            throw GitError(code: .invalid, message: "the pack inflates to more than \(limits.inflatedBytes) bytes")
        }
    }

    private func tooLarge(_ size: Int) -> GitError {
        GitError(
            code: .invalid,
            message: "the pack holds an object of \(size) bytes, more than the \(limits.objectBytes) allowed; "
                + "track large files with git-lfs")
    }
}

/// The last few objects deltas were applied to.
private struct RecentObjects: Sendable {
    private var objects: [ObjectID: [UInt8]] = [:]
    private var byteCount = 0

    private static let byteLimit = 32 << 20

    subscript(id: ObjectID) -> [UInt8]? { objects[id] }

    mutating func keep(_ bytes: [UInt8], as id: ObjectID) {
        if byteCount + bytes.count > Self.byteLimit {
            objects.removeAll()
            byteCount = 0
        }
        guard objects.updateValue(bytes, forKey: id) == nil else { return }
        byteCount += bytes.count
    }
}

extension GitObject {
    /// The object's name; libgit2 refuses bytes made to collide under SHA-1.
    func name() throws(GitError) -> ObjectID {
        var id = git_oid()
        try git { git_odb_hash(&id, bytes, bytes.count, kind.libgit2) }
        return ObjectID(id)
    }
}
