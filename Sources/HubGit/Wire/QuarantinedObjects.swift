import HubCore

/// The objects of one push, in a temporary file, before anything is decided about them.
///
/// Each rests as a zlib stream of its own, just as the database will keep it. The file has no name any more; it
/// goes when this does.
final class QuarantinedObjects: Sendable {
    struct Slot: Sendable {
        let header: ObjectHeader
        let offset: Int
        let length: Int
    }

    /// How an object came, if it came as a delta that is worth keeping beside it.
    struct Delta: Sendable {
        let base: ObjectID

        /// Length of the delta, inflated.
        let size: Int

        /// Of its zlib stream in the file.
        let range: Range<Int>
    }

    let slots: [ObjectID: Slot]
    private let deltas: [ObjectID: Delta]
    private let file: ScratchFile

    init(slots: [ObjectID: Slot], deltas: [ObjectID: Delta] = [:], file: ScratchFile) {
        self.slots = slots
        self.deltas = deltas
        self.file = file
    }

    func header(_ id: ObjectID) -> ObjectHeader? { slots[id]?.header }

    func stored(_ id: ObjectID) throws -> StoredObject? {
        guard let slot = slots[id] else { return nil }
        let bytes = try file.read(slot.offset..<slot.offset + slot.length)
        return StoredObject(id: id, header: slot.header, deflated: bytes)
    }

    /// Hands over the bytes of an object in pieces of at most a megabyte.
    func forEachPiece(of id: ObjectID, _ body: ([UInt8]) async throws -> Void) async throws {
        guard let slot = slots[id] else { throw GitError(code: .notFound, message: "git object \(id) is missing") }
        var pieces = try Inflater(file, end: slot.offset + slot.length).pieces(at: slot.offset, size: slot.header.size)
        while let piece = try pieces.next() { try await body(piece) }
    }

    var hasDeltas: Bool { !deltas.isEmpty }

    /// What the delta of an object stands on, if it has one.
    func deltaBase(of id: ObjectID) -> ObjectID? { deltas[id]?.base }

    func delta(of id: ObjectID) throws -> StoredDelta? {
        guard let delta = deltas[id] else { return nil }
        return StoredDelta(id: id, base: delta.base, size: delta.size, deflated: try file.read(delta.range))
    }
}
