import HubCore

/// The entries of a pack in their order, and which objects they turned out to be.
struct PackEntries: Sendable {
    /// What a delta stands on.
    enum Base {
        case entry(at: Int)
        case object(ObjectID)
    }

    /// An entry that is a delta.
    struct Delta: Sendable {
        let entryOffset: Int

        /// Of its zlib stream in the file.
        let range: Range<Int>

        /// What the stream inflates to.
        let size: Int
    }

    /// An entry that is whole; `depth` deltas had to be applied for that.
    struct Made: Sendable {
        let id: ObjectID
        let depth: Int
    }

    private var offsets: [Int] = []
    private var objects: [Made?] = []

    /// Only of objects that were deltas; all others have none.
    private var depths: [ObjectID: Int] = [:]

    /// Adds an entry; they come in order.
    mutating func append(at offset: Int, _ made: Made? = nil) {
        offsets.append(offset)
        objects.append(made)
    }

    mutating func set(_ made: Made, at offset: Int) {
        guard let index = index(of: offset) else { return }
        objects[index] = made
        depths[made.id] = max(made.depth, depths[made.id] ?? 0)
    }

    /// The object made of the entry at `offset`; nil if there is none yet.
    func made(at offset: Int) -> Made? { index(of: offset).flatMap { objects[$0] } }

    func depth(of id: ObjectID) -> Int { depths[id] ?? 0 }

    private func index(of offset: Int) -> Int? {
        var (low, high) = (0, offsets.count)
        while low < high {
            let middle = (low + high) / 2
            if offsets[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return low < offsets.count && offsets[low] == offset ? low : nil
    }
}

/// The last few objects, for deltas to be applied to.
struct RecentObjects: Sendable {
    private var objects: [ObjectID: [UInt8]] = [:]
    private var byteCount = 0

    private static let byteLimit = 16 << 20

    subscript(id: ObjectID) -> [UInt8]? { objects[id] }

    /// Keeps an object, and forgets all others when there are too many.
    mutating func keep(_ bytes: [UInt8], as id: ObjectID) {
        guard bytes.count <= Self.byteLimit / 4 else { return }
        if byteCount + bytes.count > Self.byteLimit {
            objects.removeAll(keepingCapacity: true)
            byteCount = 0
        }
        guard objects.updateValue(bytes, forKey: id) == nil else { return }
        byteCount += bytes.count + 64
    }
}
