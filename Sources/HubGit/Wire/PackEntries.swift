import HubCore

/// The entries of a pack in their order, and which objects they turned out to be.
struct PackEntries: Sendable {
    /// What a delta stands on.
    enum Base {
        case entry(at: Int)
        case object(ObjectID)
    }

    /// Where each entry is, and the number of its object plus one; zero if it is not made yet.
    private var records: ScratchRecords

    /// Where every so many-th entry is.
    private var marks: [Int] = []

    private static let stride = 32

    /// - Parameter folder: For temporary files.
    init(in folder: String) { records = ScratchRecords(ofLength: 12, in: folder) }

    /// Adds an entry; they come in order.
    mutating func append(at offset: Int, object: Int? = nil) throws(GitError) {
        if records.count % Self.stride == 0 { marks.append(offset) }
        _ = try records.append { record in
            record.storeBytes(of: offset, as: Int.self)
            record.storeBytes(of: UInt32(object.map { $0 + 1 } ?? 0), toByteOffset: 8, as: UInt32.self)
        }
    }

    /// Says which object an entry is.
    mutating func set(_ object: Int, at offset: Int) throws(GitError) {
        guard let index = try index(of: offset) else { return }
        try records.change(index) { $0.storeBytes(of: UInt32(object + 1), toByteOffset: 8, as: UInt32.self) }
    }

    /// The number of the object made of the entry at `offset`; nil if there is none yet.
    func object(at offset: Int) throws(GitError) -> Int? {
        guard let index = try index(of: offset) else { return nil }
        let number = try records.read(index) { Int($0.loadUnaligned(fromByteOffset: 8, as: UInt32.self)) }
        return number == 0 ? nil : number - 1
    }

    private func index(of offset: Int) throws(GitError) -> Int? {
        var (low, high) = (0, marks.count)
        while low < high {
            let middle = (low + high) / 2
            if marks[middle] <= offset { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        for index in (low - 1) * Self.stride..<min(low * Self.stride, records.count) {
            let found = try records.read(index) { $0.loadUnaligned(as: Int.self) }
            if found >= offset { return found == offset ? index : nil }
        }
        return nil
    }
}

/// Deltas whose base has not come yet.
struct WaitingDeltas: Sendable {
    /// An entry that is a delta.
    struct Delta: Sendable {
        let entryOffset: Int

        /// Of its zlib stream in the file.
        let range: Range<Int>

        /// What the stream inflates to.
        let size: Int
    }

    /// All that ever waited, each with the one that waited for the same before it.
    private var deltas: [(delta: Delta, next: Int32)] = []
    private var byEntry: [Int: Int32] = [:]
    private var byObject: [ObjectID: Int32] = [:]

    /// The objects some wait for by name.
    var missing: Set<ObjectID> { Set(byObject.keys) }
    var firstMissing: ObjectID? { byObject.keys.first }
    var waitForEntries: Bool { !byEntry.isEmpty }
    var isEmpty: Bool { byEntry.isEmpty && byObject.isEmpty }

    mutating func append(_ delta: Delta, for base: PackEntries.Base) {
        let number = Int32(deltas.count)
        let before: Int32? =
            switch base {
            case .entry(let offset): byEntry.updateValue(number, forKey: offset)
            case .object(let id): byObject.updateValue(number, forKey: id)
            }
        deltas.append((delta, before ?? -1))
    }

    /// Hands out those that wait for an object, or for the entry it was made of.
    mutating func take(on id: ObjectID, entryOffset: Int? = nil) -> [Delta] {
        var taken: [Delta] = []
        let heads = [
            byEntry.isEmpty ? nil : entryOffset.flatMap { byEntry.removeValue(forKey: $0) },
            byObject.isEmpty ? nil : byObject.removeValue(forKey: id),
        ]
        for case .some(var next) in heads {
            while next >= 0 {
                taken.append(deltas[Int(next)].delta)
                next = deltas[Int(next)].next
            }
        }
        return taken
    }
}

/// The last few objects, for deltas to be applied to.
struct RecentObjects: Sendable {
    private var objects: [ObjectID: [UInt8]] = [:]
    private var byteCount = 0

    /// The last one that is too long to be among the others.
    private var large: (id: ObjectID, bytes: [UInt8])?

    private static let byteLimit = 16 << 20

    /// What an object takes beside its bytes, about.
    private static let overhead = 160

    subscript(id: ObjectID) -> [UInt8]? { large?.id == id ? large?.bytes : objects[id] }

    /// Keeps an object, and forgets all others when there are too many.
    mutating func keep(_ bytes: [UInt8], as id: ObjectID) {
        guard bytes.count <= Self.byteLimit / 4 else {
            large = (id, bytes)
            return
        }
        if byteCount + bytes.count > Self.byteLimit {
            objects.removeAll(keepingCapacity: true)
            byteCount = 0
        }
        guard objects.updateValue(bytes, forKey: id) == nil else { return }
        byteCount += bytes.count + Self.overhead
    }
}
