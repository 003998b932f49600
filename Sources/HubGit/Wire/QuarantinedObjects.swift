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

    let slots: [ObjectID: Slot]
    private let file: ScratchFile

    init(slots: [ObjectID: Slot], file: ScratchFile) {
        self.slots = slots
        self.file = file
    }

    func header(_ id: ObjectID) -> ObjectHeader? { slots[id]?.header }

    func stored(_ id: ObjectID) throws -> StoredObject? {
        guard let slot = slots[id] else { return nil }
        let bytes = try file.read(slot.offset..<slot.offset + slot.length)
        return StoredObject(id: id, header: slot.header, deflated: bytes)
    }
}
