import CLibgit2
import HubCore

/// The objects of a pack on disk: found, made whole, and named by hashing them.
///
/// One pass: each entry is inflated once. Whole objects stay where they are in the pack. What was sent as a delta is
/// made whole once, compressed and appended to the file, so that reading any object later is reading one zlib
/// stream. Only deltas on objects that have not come yet wait.
struct PackIndex: Sendable {
    private(set) var slots: [ObjectID: QuarantinedObjects.Slot] = [:]

    /// Those objects that came as deltas far shorter than themselves.
    private(set) var deltas: [ObjectID: QuarantinedObjects.Delta] = [:]

    /// Objects of the repository that deltas stand on; they are not part of the push.
    private var bases: [ObjectID: QuarantinedObjects.Slot] = [:]

    /// What is odd about objects and no reason to refuse them.
    private(set) var remarks: [String] = []
    private static let remarkLimit = 20

    private let file: ScratchFile
    private let limits: PushLimits
    private var fileEnd: Int
    private var inflated = 0
    private var entries = PackEntries()
    private var waitingOnEntry: [Int: [PackEntries.Delta]] = [:]
    private var waitingOnObject: [ObjectID: [PackEntries.Delta]] = [:]
    private var recent = RecentObjects()

    /// Reads the pack that fills the first `length` bytes of `file`, without its checksum.
    init(_ file: ScratchFile, length: Int, limits: PushLimits) throws(GitError) {
        self.file = file
        var limits = limits
        // zlib counts in 32 bits.
        limits.objectBytes = min(limits.objectBytes, Int(Int32.max))
        self.limits = limits
        fileEnd = length
        let inflater = try Inflater(file, end: length)
        let count = try PackFormat.readHeader(inflater)
        guard count <= limits.objects else {
            throw .invalid("the pack holds \(count) objects, more than the \(limits.objects) allowed")
        }
        var place = PackFormat.headerLength
        for _ in 0..<count { try readEntry(inflater, &place) }
        guard place == length else { throw .invalid("the pack is longer than its objects") }
    }

    /// Objects that deltas stand on and the pack does not hold: a thin pack counts on the repository having them.
    var missingBases: Set<ObjectID> { Set(waitingOnObject.keys) }

    /// Gives the pack what its deltas stand on, and makes them whole.
    mutating func complete(with objects: [StoredObject]) throws(GitError) {
        for object in objects {
            let id = object.id
            guard object.header.size <= limits.objectBytes else { throw tooLarge(object.header.size) }
            bases[id] = try append(object.deflated, object.header)
            try resolve(
                (waitingOnObject.removeValue(forKey: id) ?? []).map { ($0, PackEntries.Made(id: id, depth: 0)) })
        }
    }

    /// Fails unless every delta found what it stands on.
    func checkComplete() throws(GitError) {
        if let base = waitingOnObject.keys.first {
            throw .invalid("the pack builds on \(base), which this repository does not have")
        }
        guard waitingOnEntry.isEmpty else { throw .invalid("the pack holds a delta on something that is no object") }
    }

    private mutating func readEntry(_ inflater: Inflater, _ place: inout Int) throws(GitError) {
        let offset = place
        let (type, size) = try PackFormat.readEntryHeader(inflater, &place)
        let isBlob = type == ObjectKind.blob.rawValue
        guard size <= max(limits.objectBytes, isBlob ? limits.fileBytes : 0) else { throw tooLarge(size) }
        try count(size)
        if isBlob, size > Self.heldBytes { return try keepLarge(inflater, &place, size, entry: offset) }
        var base: PackEntries.Base?
        if type == PackFormat.offsetDelta {
            let distance = try PackFormat.readOffset(inflater, &place)
            guard distance > 0, distance < offset else {
                throw .invalid("the pack holds a delta on something outside of it")
            }
            base = .entry(at: offset - distance)
        } else if type == PackFormat.objectDelta {
            base = .object(try PackFormat.readID(inflater, &place))
        }
        let start = place
        let (bytes, end) = try inflater.inflate(at: start, size: size)
        place = end
        guard let base else { return try keep(bytes, ofType: type, at: start..<end, entry: offset) }
        entries.append(at: offset)
        let delta = PackEntries.Delta(entryOffset: offset, range: start..<end, size: size)
        guard let made = made(base) else { return wait(delta, for: base) }
        try resolve(try make(delta, bytes, on: made))
    }

    private mutating func keep(
        _ bytes: [UInt8], ofType type: Int, at range: Range<Int>, entry offset: Int
    ) throws(GitError) {
        guard let kind = ObjectKind(rawValue: type) else {
            throw .invalid("the pack holds an object of an unknown kind")
        }
        let id = try GitObject(kind: kind, bytes: bytes).name()
        try check(kind, bytes, id)
        let header = ObjectHeader(kind: kind, size: bytes.count)
        slots[id] = slots[id] ?? .init(header: header, offset: range.lowerBound, length: range.count)
        recent.keep(bytes, as: id)
        let made = PackEntries.Made(id: id, depth: 0)
        entries.append(at: offset, made)
        try resolve(takeWaiting(on: made, entryOffset: offset))
    }

    /// Longer blobs are hashed piece by piece.
    private static let heldBytes = 4 << 20

    private mutating func keepLarge(
        _ inflater: Inflater, _ place: inout Int, _ size: Int, entry offset: Int
    ) throws(GitError) {
        let hasher = try BlobHasher(size: size)
        var pieces = inflater.pieces(at: place, size: size)
        while let piece = try pieces.next() { try hasher.update(piece) }
        let id = try hasher.finish()
        let header = ObjectHeader(kind: .blob, size: size)
        slots[id] = slots[id] ?? .init(header: header, offset: place, length: pieces.place - place)
        place = pieces.place
        let made = PackEntries.Made(id: id, depth: 0)
        entries.append(at: offset, made)
        try resolve(takeWaiting(on: made, entryOffset: offset))
    }

    // MARK: Deltas

    private func made(_ base: PackEntries.Base) -> PackEntries.Made? {
        switch base {
        case .entry(let offset): entries.made(at: offset)
        case .object(let id):
            slots[id] != nil || bases[id] != nil ? PackEntries.Made(id: id, depth: entries.depth(of: id)) : nil
        }
    }

    private mutating func wait(_ delta: PackEntries.Delta, for base: PackEntries.Base) {
        switch base {
        case .entry(let offset): waitingOnEntry[offset, default: []].append(delta)
        case .object(let id): waitingOnObject[id, default: []].append(delta)
        }
    }

    /// Makes deltas whole, and those that stand on them.
    private mutating func resolve(_ deltas: [(PackEntries.Delta, PackEntries.Made)]) throws(GitError) {
        var pending = deltas
        while let (delta, base) = pending.popLast() {
            let bytes = try Zlib.inflate(file.read(delta.range), size: delta.size)
            pending += try make(delta, bytes, on: base)
        }
    }

    /// Makes one delta whole and returns those that waited for it.
    private mutating func make(
        _ entry: PackEntries.Delta, _ instructions: [UInt8], on base: PackEntries.Made
    ) throws(GitError) -> [(PackEntries.Delta, PackEntries.Made)] {
        guard base.depth < limits.deltaDepth else {
            throw .invalid("the pack stacks more than \(limits.deltaDepth) deltas on each other")
        }
        guard let slot = slots[base.id] ?? bases[base.id] else {
            throw GitError(code: .generic, message: "the pack lost an object")
        }
        let delta = try Delta(instructions)
        guard delta.size <= limits.objectBytes else { throw tooLarge(delta.size) }
        try count(delta.size)
        let object = GitObject(kind: slot.header.kind, bytes: try delta.apply(to: try bytes(of: base.id, slot)))
        let id = try object.name()
        if slots[id] == nil {
            try check(object.kind, object.bytes, id)
            let header = ObjectHeader(kind: object.kind, size: object.bytes.count)
            let whole = try append(Zlib.deflate(object.bytes), header)
            slots[id] = whole
            if entry.range.count < whole.length / 2 {
                deltas[id] = .init(base: base.id, size: entry.size, range: entry.range)
            }
        }
        recent.keep(object.bytes, as: id)
        let made = PackEntries.Made(id: id, depth: base.depth + 1)
        entries.set(made, at: entry.entryOffset)
        return takeWaiting(on: made, entryOffset: entry.entryOffset)
    }

    private mutating func bytes(of id: ObjectID, _ slot: QuarantinedObjects.Slot) throws(GitError) -> [UInt8] {
        if let kept = recent[id] { return kept }
        guard slot.header.size <= limits.objectBytes else {
            throw Self.tooLargeForDeltas(slot.header.size, limits)
        }
        let bytes = try Zlib.inflate(file.read(slot.offset..<slot.offset + slot.length), size: slot.header.size)
        recent.keep(bytes, as: id)
        return bytes
    }

    private mutating func takeWaiting(
        on base: PackEntries.Made, entryOffset: Int
    ) -> [(PackEntries.Delta, PackEntries.Made)] {
        let byPlace = waitingOnEntry.isEmpty ? nil : waitingOnEntry.removeValue(forKey: entryOffset)
        let byName = waitingOnObject.isEmpty ? nil : waitingOnObject.removeValue(forKey: base.id)
        return ((byPlace ?? []) + (byName ?? [])).map { ($0, base) }
    }

    /// Refuses what stock git would refuse of any commit or tag, whether or not a ref will reach it.
    private mutating func check(_ kind: ObjectKind, _ bytes: [UInt8], _ id: ObjectID) throws(GitError) {
        guard kind == .commit || kind == .tag else { return }
        if let problem = ObjectRules.problem(of: kind, bytes) {
            throw .invalid("\(kind) \(id) is malformed: \(problem)")
        }
        guard kind == .tag, remarks.count < Self.remarkLimit, let remark = ObjectRules.remark(onTag: bytes) else {
            return
        }
        remarks.append("\(kind) \(id): \(remark)")
    }

    // MARK: Space

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
            throw .invalid("the pack inflates to more than the \(limits.inflatedBytes) bytes allowed")
        }
    }

    /// Files that may be longer than what is held in memory may be so only if they come whole.
    static func tooLargeForDeltas(_ size: Int, _ limits: PushLimits) -> GitError {
        .invalid(
            "the pack holds a file of \(size) bytes as a delta, or a delta on it; over \(limits.objectBytes) bytes it "
                + "must come whole: git -c core.bigFileThreshold=\(limits.objectBytes >> 20)m push")
    }

    private func tooLarge(_ size: Int) -> GitError {
        guard size > limits.fileBytes else { return Self.tooLargeForDeltas(size, limits) }
        return .invalid(
            "the pack holds an object of \(size) bytes, more than the \(limits.objectBytes) allowed; "
                + "track large files with git-lfs")
    }
}

extension GitError {
    /// What was sent makes no sense, or is over a limit.
    static func invalid(_ message: String) -> GitError { GitError(code: .invalid, message: message) }
}

extension GitObject {
    /// The object's name; libgit2 refuses bytes made to collide under SHA-1.
    func name() throws(GitError) -> ObjectID {
        var id = git_oid()
        try git { git_odb_hash(&id, bytes, bytes.count, kind.libgit2) }
        return ObjectID(id)
    }
}
