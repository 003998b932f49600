import HubCore

/// The objects of one push, in a temporary file, before anything is decided about them.
///
/// Each rests as a zlib stream of its own, just as the database will keep it; large files that came as deltas rest as
/// they are. The file has no name any more; it goes when this does.
final class QuarantinedObjects: Sendable {
    private let table: ObjectTable
    private let file: ScratchFile

    init(_ table: ObjectTable, in file: ScratchFile) {
        self.table = table
        self.file = file
    }

    var count: Int { table.count }

    func header(_ id: ObjectID) throws -> ObjectHeader? { try table.entry(of: id)?.slot.header }

    func holds(_ id: ObjectID) throws -> Bool { try table.number(of: id) != nil }

    func stored(_ id: ObjectID) throws -> StoredObject? {
        guard let slot = try table.entry(of: id)?.slot else { return nil }
        let bytes = try file.read(slot.offset..<slot.offset + slot.length)
        return StoredObject(id: id, header: slot.header, deflated: slot.isPlain ? try Zlib.deflate(bytes) : bytes)
    }

    /// Hands over the bytes of an object in pieces of at most a megabyte.
    func forEachPiece(of id: ObjectID, _ body: ([UInt8]) async throws -> Void) async throws {
        guard let slot = try table.entry(of: id)?.slot else {
            throw GitError(code: .notFound, message: "git object \(id) is missing")
        }
        let end = slot.offset + slot.length
        guard !slot.isPlain else {
            for start in stride(from: slot.offset, to: end, by: Self.pieceLength) {
                try await body(file.read(start..<min(start + Self.pieceLength, end)))
            }
            return
        }
        var pieces = try Inflater(file, end: end).pieces(at: slot.offset, size: slot.header.size)
        while let piece = try pieces.next() { try await body(piece) }
    }

    private static let pieceLength = 1 << 20

    var hasDeltas: Bool { table.hasDeltas }

    /// What the delta of an object stands on, if it has one.
    func deltaBase(of id: ObjectID) throws -> ObjectID? {
        guard let entry = try table.entry(of: id) else { return nil }
        return try table.delta(of: entry)?.base
    }

    func delta(of id: ObjectID) throws -> StoredDelta? {
        guard let entry = try table.entry(of: id), let delta = try table.delta(of: entry) else { return nil }
        return StoredDelta(id: id, base: delta.base, size: delta.size, deflated: try file.read(delta.range))
    }
}
