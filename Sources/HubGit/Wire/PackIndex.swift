import CLibgit2
import HubCore

/// The objects of a pack on disk: found, made whole, and named by hashing them.
///
/// One pass: each entry is inflated once. Whole objects stay where they are in the pack. What was sent as a delta is
/// made whole once, compressed and appended to the file, so that reading any object later is reading one zlib
/// stream. Only deltas on objects that have not come yet wait.
///
/// Large files are never in memory: those that come whole are hashed in pieces, those that come as deltas are made in
/// pieces, and rest as they are.
struct PackIndex: Sendable {
    private(set) var objects: ObjectTable

    /// Objects of the repository that deltas stand on; they are not part of the push.
    private var bases: ObjectTable

    /// Where large files rest as they are because deltas stand on them; gone with this.
    private var copies: PlainCopies

    /// What is odd about objects and no reason to refuse them.
    private(set) var remarks: [String] = []
    private static let remarkLimit = 20

    private let file: ScratchFile
    private let limits: PushLimits
    private var fileEnd: Int
    private var inflated = 0

    /// Bytes of what deltas stand on that had to be inflated once more.
    private var inflatedAgain = 0
    private var entries: PackEntries
    private var waiting = WaitingDeltas()
    private var recent = RecentObjects()

    /// An object that is there, for deltas to stand on.
    private typealias Made = ObjectTable.Entry

    /// Reads the pack that fills the first `length` bytes of `file`, without its checksum.
    init(_ file: ScratchFile, length: Int, limits: PushLimits) throws(GitError) {
        self.file = file
        var limits = limits
        // zlib counts in 32 bits.
        limits.objectBytes = min(limits.objectBytes, Int(Int32.max))
        limits.heldBytes = min(limits.heldBytes, limits.objectBytes)
        self.limits = limits
        fileEnd = length
        let inflater = try Inflater(file, end: length)
        let count = try PackFormat.readHeader(inflater)
        guard count <= limits.objects else {
            throw .invalid("the pack holds \(count) objects, more than the \(limits.objects) allowed")
        }
        objects = ObjectTable(in: file.folder, expecting: min(count, length / Self.leastEntry))
        bases = ObjectTable(in: file.folder)
        copies = PlainCopies(in: file.folder)
        entries = PackEntries(in: file.folder)
        var place = PackFormat.headerLength
        for _ in 0..<count { try readEntry(inflater, &place) }
        guard place == length else { throw .invalid("the pack is longer than its objects") }
    }

    /// A byte that says kind and size, and the shortest zlib stream.
    private static let leastEntry = 9

    /// Objects that deltas stand on and the pack does not hold: a thin pack counts on the repository having them.
    var missingBases: Set<ObjectID> { waiting.missing }

    /// Gives the pack what its deltas stand on, and makes them whole.
    ///
    /// - Parameter copies: Large files that have been written one behind the other to ``placeForCopies()``.
    mutating func complete(
        with objects: [StoredObject], copies written: [(id: ObjectID, header: ObjectHeader)] = []
    ) throws(GitError) {
        // All of them, before deltas need room behind them.
        var slots: [(id: ObjectID, slot: ObjectTable.Slot)] = []
        for copy in written { slots.append((copy.id, copies.add(copy.id, copy.header))) }
        for object in objects { slots.append((object.id, try append(object.deflated, object.header))) }
        for (id, slot) in slots {
            let number = try bases.append(id, at: slot)
            let base = try bases.entry(number)
            try resolve(waiting.take(on: id).map { ($0, base) })
        }
    }

    /// Where large files have to be written for ``complete(with:copies:)``.
    mutating func placeForCopies() throws(GitError) -> (file: ScratchFile, offset: Int) {
        (try copies.file, copies.end)
    }

    /// Fails unless every delta found what it stands on.
    func checkComplete() throws(GitError) {
        if let base = waiting.firstMissing {
            throw .invalid("the pack builds on \(base), which this repository does not have")
        }
        guard !waiting.waitForEntries else { throw .invalid("the pack holds a delta on something that is no object") }
    }

    private mutating func readEntry(_ inflater: Inflater, _ place: inout Int) throws(GitError) {
        let offset = place
        let (type, size) = try PackFormat.readEntryHeader(inflater, &place)
        let kind = ObjectKind(rawValue: type)
        guard size <= limit(kind ?? .blob) else { throw tooLarge(size) }
        try count(size)
        if kind == .blob, size > Self.hashedWholeBytes { return try keepLarge(inflater, &place, size, entry: offset) }
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
        guard let base else {
            guard let kind else { throw .invalid("the pack holds an object of an unknown kind") }
            let (bytes, end) = try inflater.inflate(at: start, size: size)
            place = end
            return try keep(bytes, kind, at: start..<end, entry: offset)
        }
        var instructions: [UInt8]?
        (instructions, place) = try readDelta(inflater, at: start, size)
        try entries.append(at: offset)
        let delta = WaitingDeltas.Delta(entryOffset: offset, range: start..<place, size: size)
        guard let made = try made(base) else { return waiting.append(delta, for: base) }
        try resolve(try make(delta, instructions, on: made))
    }

    /// A delta and where it ends; nil if it is too long to be held.
    private func readDelta(
        _ inflater: Inflater, at place: Int, _ size: Int
    ) throws(GitError) -> (bytes: [UInt8]?, end: Int) {
        guard size > limits.heldBytes else {
            let (bytes, end) = try inflater.inflate(at: place, size: size)
            return (bytes, end)
        }
        var pieces = inflater.pieces(at: place, size: size)
        while try pieces.next() != nil {}
        return (nil, pieces.place)
    }

    private mutating func keep(
        _ bytes: [UInt8], _ kind: ObjectKind, at range: Range<Int>, entry offset: Int
    ) throws(GitError) {
        let id = try GitObject(kind: kind, bytes: bytes).name()
        try check(kind, bytes, id)
        let header = ObjectHeader(kind: kind, size: bytes.count)
        recent.keep(bytes, as: id)
        try keep(id, at: .init(header: header, offset: range.lowerBound, length: range.count), entry: offset)
    }

    private mutating func keep(_ id: ObjectID, at slot: ObjectTable.Slot, entry offset: Int) throws(GitError) {
        let number: Int
        if let known = try objects.number(of: id) { number = known } else { number = try objects.append(id, at: slot) }
        try entries.append(at: offset, object: number)
        guard !waiting.isEmpty else { return }
        let made = try objects.entry(number)
        try resolve(waiting.take(on: id, entryOffset: offset).map { ($0, made) })
    }

    /// How many times what a pack may inflate to may be inflated again for its deltas.
    private static let againLimit = 8

    /// Longer blobs are hashed piece by piece.
    private static let hashedWholeBytes = 4 << 20

    private mutating func keepLarge(
        _ inflater: Inflater, _ place: inout Int, _ size: Int, entry offset: Int
    ) throws(GitError) {
        let hasher = try BlobHasher(size: size)
        let start = place
        var pieces = inflater.pieces(at: place, size: size)
        while let piece = try pieces.next() { try hasher.update(piece) }
        place = pieces.place
        let header = ObjectHeader(kind: .blob, size: size)
        try keep(hasher.finish(), at: .init(header: header, offset: start, length: place - start), entry: offset)
    }

    // MARK: Deltas

    private func made(_ base: PackEntries.Base) throws(GitError) -> Made? {
        switch base {
        case .entry(let offset):
            guard let number = try entries.object(at: offset) else { return nil }
            return try objects.entry(number)
        case .object(let id):
            if let made = try objects.entry(of: id) { return made }
            return try bases.entry(of: id)
        }
    }

    /// Makes deltas whole, and those that stand on them.
    private mutating func resolve(_ deltas: [(WaitingDeltas.Delta, Made)]) throws(GitError) {
        var pending = deltas
        while let (delta, base) = pending.popLast() {
            let isHeld = delta.size <= limits.heldBytes
            let instructions = isHeld ? try inflate(delta) : nil
            pending += try make(delta, instructions, on: base)
        }
    }

    private func inflate(_ delta: WaitingDeltas.Delta) throws(GitError) -> [UInt8] {
        try Zlib.inflate(file.read(delta.range), size: delta.size)
    }

    /// Makes one delta whole and returns those that waited for it.
    ///
    /// - Parameter instructions: The delta, unless it is too long to be held.
    private mutating func make(
        _ delta: WaitingDeltas.Delta, _ instructions: [UInt8]?, on base: Made
    ) throws(GitError) -> [(WaitingDeltas.Delta, Made)] {
        guard base.depth < limits.deltaDepth else {
            throw .invalid("the pack stacks more than \(limits.deltaDepth) deltas on each other")
        }
        let number: Int
        if let made = try makeInMemory(delta, instructions, on: base) {
            number = made
        } else {
            number = try makeInPieces(delta, on: base)
        }
        try entries.set(number, at: delta.entryOffset)
        guard !waiting.isEmpty else { return [] }
        let made = try objects.entry(number)
        return waiting.take(on: made.id, entryOffset: delta.entryOffset).map { ($0, made) }
    }

    /// Nil if a file is too long for it.
    private mutating func makeInMemory(
        _ entry: WaitingDeltas.Delta, _ instructions: [UInt8]?, on base: Made
    ) throws(GitError) -> Int? {
        let kind = base.slot.header.kind
        guard kind != .blob || (instructions != nil && base.slot.header.size <= limits.heldBytes) else { return nil }
        guard entry.size <= limits.objectBytes else { throw tooLarge(entry.size) }
        let held: [UInt8]
        if let instructions { held = instructions } else { held = try inflate(entry) }
        let delta = try Delta(held)
        guard delta.size <= limit(kind) else { throw tooLarge(delta.size) }
        guard kind != .blob || delta.size <= limits.heldBytes else { return nil }
        try count(delta.size)
        let object = GitObject(kind: kind, bytes: try delta.apply(to: try bytes(of: base)))
        let id = try object.name()
        defer { recent.keep(object.bytes, as: id) }
        if let number = try objects.number(of: id) { return number }
        try check(kind, object.bytes, id)
        let whole = try append(Zlib.deflate(object.bytes), ObjectHeader(kind: kind, size: object.bytes.count))
        let isWorthIt = entry.range.count < whole.length / 2
        return try objects.append(
            id, at: whole, depth: base.depth + 1,
            as: isWorthIt ? .init(base: base.id, size: entry.size, range: entry.range) : nil)
    }

    private mutating func makeInPieces(_ entry: WaitingDeltas.Delta, on base: Made) throws(GitError) -> Int {
        let inflater = try Inflater(file, end: entry.range.upperBound)
        var delta = try DeltaStream(inflater.pieces(at: entry.range.lowerBound, size: entry.size))
        guard delta.size <= limit(.blob) else { throw tooLarge(delta.size) }
        try count(delta.size)
        try delta.apply(to: plain(base))
        let hasher = try BlobHasher(size: delta.size)
        var end = fileEnd
        while let piece = try delta.next() {
            try hasher.update(piece)
            try file.write(piece, at: end)
            end += piece.count
        }
        let id = try hasher.finish()
        if let number = try objects.number(of: id) { return number }
        defer { fileEnd = end }
        let header = ObjectHeader(kind: .blob, size: delta.size)
        return try objects.append(
            id, at: .init(header: header, offset: fileEnd, length: delta.size, isPlain: true), depth: base.depth + 1)
    }

    /// What a delta stands on, as it is; a copy is made if it rests as a zlib stream.
    private mutating func plain(_ base: Made) throws(GitError) -> PlainObject {
        let slot = base.slot
        if let copy = try copies.find(base.id, slot.header) { return copy }
        if slot.isPlain { return PlainObject(file: file, offset: slot.offset, size: slot.header.size) }
        return try copies.add(base.id, slot, from: file)
    }

    private mutating func bytes(of base: Made) throws(GitError) -> [UInt8] {
        if let kept = recent[base.id] { return kept }
        let slot = base.slot
        inflatedAgain += slot.header.size
        guard inflatedAgain / Self.againLimit <= limits.inflatedBytes else {
            throw .invalid("the pack's deltas stand on large objects in turns; repack it, or push less at a time")
        }
        let bytes: [UInt8]
        if slot.isPlain {
            let plain = try plain(base)
            bytes = try plain.file.read(plain.offset..<plain.offset + plain.size)
        } else {
            bytes = try Zlib.inflate(file.read(slot.offset..<slot.offset + slot.length), size: slot.header.size)
        }
        recent.keep(bytes, as: base.id)
        return bytes
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

    private mutating func append(_ deflated: [UInt8], _ header: ObjectHeader) throws(GitError) -> ObjectTable.Slot {
        try file.write(deflated, at: fileEnd)
        defer { fileEnd += deflated.count }
        return ObjectTable.Slot(header: header, offset: fileEnd, length: deflated.count)
    }

    private mutating func count(_ size: Int) throws(GitError) {
        inflated += size
        guard inflated <= limits.inflatedBytes else {
            throw .invalid("the pack inflates to more than the \(limits.inflatedBytes) bytes allowed")
        }
    }

    private func limit(_ kind: ObjectKind) -> Int {
        kind == .blob ? max(limits.objectBytes, limits.fileBytes) : limits.objectBytes
    }

    private func tooLarge(_ size: Int) -> GitError {
        .invalid(
            "the pack holds an object of \(size) bytes, more than the \(max(limits.objectBytes, limits.fileBytes)) "
                + "allowed; track large files with git-lfs")
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
