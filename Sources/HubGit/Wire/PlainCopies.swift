import HubCore

/// Large files, uncompressed in a temporary file of their own, for deltas to be applied to.
struct PlainCopies: Sendable {
    private let folder: String
    private var opened: ScratchFile?
    private var offsets: [ObjectID: Int] = [:]

    /// Where the next one goes.
    private(set) var end = 0

    /// - Parameter folder: Where the temporary file is made, once there is something to keep.
    init(in folder: String) { self.folder = folder }

    var file: ScratchFile {
        mutating get throws(GitError) {
            if let opened { return opened }
            let made = try ScratchFile(in: folder)
            opened = made
            return made
        }
    }

    func find(_ id: ObjectID, _ header: ObjectHeader) throws(GitError) -> PlainObject? {
        guard let opened, let offset = offsets[id] else { return nil }
        return PlainObject(file: opened, offset: offset, size: header.size)
    }

    /// Counts in a file that has been written at the end.
    mutating func add(_ id: ObjectID, _ header: ObjectHeader) -> ObjectTable.Slot {
        offsets[id] = end
        defer { end += header.size }
        return ObjectTable.Slot(header: header, offset: end, length: header.size, isPlain: true)
    }

    /// Inflates a file that rests in `source`.
    mutating func add(
        _ id: ObjectID, _ slot: ObjectTable.Slot, from source: ScratchFile
    ) throws(GitError) -> PlainObject {
        let file = try file
        let size = slot.header.size
        var pieces = try Inflater(source, end: slot.offset + slot.length).pieces(at: slot.offset, size: size)
        var place = end
        while let piece = try pieces.next() {
            try file.write(piece, at: place)
            place += piece.count
        }
        return PlainObject(file: file, offset: add(id, slot.header).offset, size: size)
    }
}
