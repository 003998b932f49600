import HubCore

/// Objects in a temporary file by their names, and how they came.
struct ObjectTable: Sendable {
    /// Where an object rests.
    struct Slot: Sendable {
        let header: ObjectHeader
        let offset: Int
        let length: Int

        /// Whether its bytes rest as they are, and not as a zlib stream.
        var isPlain = false
    }

    /// How an object came, if it came as a delta that is worth keeping beside it.
    struct Delta: Sendable {
        let base: ObjectID

        /// Length of the delta, inflated.
        let size: Int

        /// Of its zlib stream in the file.
        let range: Range<Int>
    }

    /// What there is to say of one object.
    struct Entry: Sendable {
        let id: ObjectID
        let slot: Slot

        /// How many deltas had to be applied to make it.
        var depth = 0
        fileprivate var delta: Int?
    }

    private var records: ScratchRecords
    private var deltas: ScratchRecords

    /// A hash table with open addressing: in the upper half the hash of a name, in the lower the number of its record
    /// plus one; zero is free.
    private var buckets: [UInt64]

    /// - Parameters:
    ///   - folder: For temporary files.
    ///   - expected: About how many objects there will be.
    init(in folder: String, expecting expected: Int = 0) {
        records = ScratchRecords(ofLength: Record.length, in: folder)
        deltas = ScratchRecords(ofLength: Record.length, in: folder)
        buckets = []
        grow(toHold: max(expected, 16))
    }

    var count: Int { records.count }
    var hasDeltas: Bool { deltas.count > 0 }

    func number(of id: ObjectID) throws(GitError) -> Int? {
        let hash = Self.hash(id)
        var place = Int(hash) & (buckets.count - 1)
        while buckets[place] != 0 {
            if buckets[place] >> 32 == hash {
                let number = Int(buckets[place] & 0xFFFF_FFFF) - 1
                if try records.read(number, { Record.id($0) }) == id { return number }
            }
            place = (place + 1) & (buckets.count - 1)
        }
        return nil
    }

    func entry(_ number: Int) throws(GitError) -> Entry { try records.read(number, Record.entry) }

    func entry(of id: ObjectID) throws(GitError) -> Entry? {
        guard let number = try number(of: id) else { return nil }
        return try entry(number)
    }

    func delta(of entry: Entry) throws(GitError) -> Delta? {
        guard let number = entry.delta else { return nil }
        return try deltas.read(number, Record.delta)
    }

    /// Adds an object whose name is not here yet, and returns its number.
    mutating func append(_ id: ObjectID, at slot: Slot, depth: Int = 0, as delta: Delta? = nil) throws(GitError) -> Int
    {
        var deltaNumber: Int?
        if let delta { deltaNumber = try deltas.append { Record.write(delta, into: $0) } }
        let entry = Entry(id: id, slot: slot, depth: depth, delta: deltaNumber)
        let number = try records.append { Record.write(entry, into: $0) }
        if (number + 1) * 4 > buckets.count * 3 { grow(toHold: 2 * number) }
        put(Self.hash(id) << 32 | UInt64(number + 1))
        return number
    }

    private mutating func put(_ bucket: UInt64) {
        var place = Int(bucket >> 32) & (buckets.count - 1)
        while buckets[place] != 0 { place = (place + 1) & (buckets.count - 1) }
        buckets[place] = bucket
    }

    private mutating func grow(toHold count: Int) {
        var capacity = max(buckets.count, 32)
        while capacity * 3 < count * 4 { capacity *= 2 }
        let old = buckets
        buckets = [UInt64](repeating: 0, count: capacity)
        for bucket in old where bucket != 0 { put(bucket) }
    }

    /// Seeded: clients make up names.
    private static func hash(_ id: ObjectID) -> UInt64 { UInt64(UInt32(truncatingIfNeeded: id.hashValue)) }
}

/// How entries and deltas stand in records.
private enum Record {
    /// A name, four numbers of 64 bits, one of 32.
    static let length = ObjectID.byteCount + 4 * 8 + 4

    static func id(_ record: UnsafeRawBufferPointer) -> ObjectID { ObjectID(loading: record, at: 0) }

    static func entry(_ record: UnsafeRawBufferPointer) -> ObjectTable.Entry {
        let traits = number(0, record)
        let delta = Int(record.loadUnaligned(fromByteOffset: length - 4, as: UInt32.self))
        let header = ObjectHeader(kind: ObjectKind(rawValue: traits & 7) ?? .blob, size: number(1, record))
        let slot = ObjectTable.Slot(
            header: header, offset: number(2, record), length: number(3, record), isPlain: traits & 8 != 0)
        return ObjectTable.Entry(id: id(record), slot: slot, depth: traits >> 4, delta: delta == 0 ? nil : delta - 1)
    }

    static func write(_ entry: ObjectTable.Entry, into record: UnsafeMutableRawBufferPointer) {
        let slot = entry.slot
        record.copyBytes(from: entry.id.bytes)
        set(0, to: entry.depth << 4 | (slot.isPlain ? 8 : 0) | slot.header.kind.rawValue, record)
        set(1, to: slot.header.size, record)
        set(2, to: slot.offset, record)
        set(3, to: slot.length, record)
        record.storeBytes(of: UInt32(entry.delta.map { $0 + 1 } ?? 0), toByteOffset: length - 4, as: UInt32.self)
    }

    static func delta(_ record: UnsafeRawBufferPointer) -> ObjectTable.Delta {
        .init(base: id(record), size: number(0, record), range: number(1, record)..<number(2, record))
    }

    static func write(_ delta: ObjectTable.Delta, into record: UnsafeMutableRawBufferPointer) {
        record.copyBytes(from: delta.base.bytes)
        set(0, to: delta.size, record)
        set(1, to: delta.range.lowerBound, record)
        set(2, to: delta.range.upperBound, record)
    }

    private static func number(_ index: Int, _ record: UnsafeRawBufferPointer) -> Int {
        record.loadUnaligned(fromByteOffset: ObjectID.byteCount + 8 * index, as: Int.self)
    }

    private static func set(_ index: Int, to number: Int, _ record: UnsafeMutableRawBufferPointer) {
        record.storeBytes(of: number, toByteOffset: ObjectID.byteCount + 8 * index, as: Int.self)
    }
}
