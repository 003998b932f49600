import Foundation
package import HubCore

/// The large blobs of a bare repository, read in pieces out of its packs and loose files.
///
/// libgit2 reads a blob whole. What is a delta here is made in pieces too, and what it stands on is kept uncompressed in
/// a temporary file as long as this is.
package struct LargeBlobs {
    private struct Pack {
        let offsets: PackOffsets
        let file: ScratchFile
        let end: Int
    }

    private struct Place: Hashable {
        let pack: Int
        let offset: Int
    }

    private let folder: String
    private let scratch: String
    private let limits: PushLimits
    private var packs: [Pack]?
    private var copies: [Place: PlainObject] = [:]
    private var copyFile: ScratchFile?
    private var copiesEnd = 0

    private static let pieceLength = 1 << 20

    /// - Parameters:
    ///   - folder: Of the bare repository.
    ///   - scratch: For the temporary file.
    package init(of folder: String, scratch: String, limits: PushLimits) {
        self.folder = folder
        self.scratch = scratch
        self.limits = limits
    }

    /// Hands over the bytes of a blob, which is `size` long; false if it is neither loose nor in a pack.
    package mutating func forEachPiece(
        of id: ObjectID, size: Int, _ body: ([UInt8]) throws(GitError) -> Void
    ) throws(GitError) -> Bool {
        let loose = "\(folder)/objects/\(id.hex.prefix(2))/\(id.hex.dropFirst(2))"
        if FileManager.default.fileExists(atPath: loose) {
            try readLoose(loose, size, body)
            return true
        }
        for (number, pack) in try openPacks().enumerated() {
            guard let offset = try pack.offsets.offset(of: id) else { continue }
            try read(Place(pack: number, offset: offset), of: pack, size, body)
            return true
        }
        return false
    }

    /// `blob SIZE`, a zero byte and the bytes, all in one zlib stream.
    private func readLoose(_ path: String, _ size: Int, _ body: ([UInt8]) throws(GitError) -> Void) throws(GitError) {
        let file = try ScratchFile(reading: path)
        var header = Array("blob \(size)\0".utf8)[...]
        var pieces = try Inflater(file, end: file.length).pieces(at: 0, size: header.count + size)
        while let piece = try pieces.next() {
            let start = min(header.count, piece.count)
            guard piece.starts(with: header.prefix(start)) else {
                throw .invalid("\(path) is not what git wrote there")
            }
            header = header.dropFirst(start)
            if start < piece.count { try body(Array(piece[start...])) }
        }
    }

    private mutating func openPacks() throws(GitError) -> [Pack] {
        if let packs { return packs }
        var opened: [Pack] = []
        let place = "\(folder)/objects/pack"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
        for name in names.sorted() where name.hasSuffix(".idx") {
            let path = "\(place)/\(name.dropLast(4))"
            // An index that lost its pack, or is of an old version, is left to libgit2, as is a pack that has just gone.
            guard let offsets = try? PackOffsets(path: path + ".idx"),
                let file = try? ScratchFile(reading: path + ".pack")
            else { continue }
            opened.append(Pack(offsets: offsets, file: file, end: try file.length - PackFormat.checksumLength))
        }
        packs = opened
        return opened
    }

    // MARK: Packs

    private mutating func read(
        _ place: Place, of pack: Pack, _ size: Int, _ body: ([UInt8]) throws(GitError) -> Void
    ) throws(GitError) {
        let inflater = try Inflater(pack.file, end: pack.end)
        var deltas: [(place: Place, start: Int, size: Int)] = []
        var next = place
        while copies[next] == nil {
            guard deltas.count <= limits.deltaDepth else {
                throw .invalid("a pack stacks more than \(limits.deltaDepth) deltas on each other")
            }
            var start = next.offset
            let (type, length) = try PackFormat.readEntryHeader(inflater, &start)
            guard let base = try readBase(type, of: next, &start, pack, inflater) else {
                guard type == ObjectKind.blob.rawValue else { throw .invalid("a pack holds a blob that is none") }
                if deltas.isEmpty { return try handOver(inflater.pieces(at: start, size: length), body) }
                try keep(next, inflater.pieces(at: start, size: length), length)
                break
            }
            deltas.append((next, start, length))
            next = base
        }
        for (place, start, length) in deltas.reversed() {
            guard let base = copies[next] else { throw .invalid("a pack lacks what a delta stands on") }
            try keep(place, inflater.pieces(at: start, size: length), of: base)
            next = place
        }
        guard let whole = copies[place], whole.size == size else { throw .invalid("a blob of a pack is damaged") }
        for start in stride(from: 0, to: size, by: Self.pieceLength) {
            let range = whole.offset + start..<whole.offset + min(start + Self.pieceLength, size)
            try body(whole.file.read(range))
        }
    }

    /// What an entry stands on if it is a delta; `start` moves behind that.
    private func readBase(
        _ type: Int, of place: Place, _ start: inout Int, _ pack: Pack, _ inflater: Inflater
    ) throws(GitError) -> Place? {
        switch type {
        case PackFormat.offsetDelta:
            let distance = try PackFormat.readOffset(inflater, &start)
            guard distance > 0, distance < place.offset else { throw .invalid("a pack holds a delta on nothing") }
            return Place(pack: place.pack, offset: place.offset - distance)
        case PackFormat.objectDelta:
            guard let offset = try pack.offsets.offset(of: PackFormat.readID(inflater, &start)) else {
                throw .invalid("a pack holds a delta on something outside of it")
            }
            return Place(pack: place.pack, offset: offset)
        default: return nil
        }
    }

    private func handOver(
        _ pieces: Inflater.Pieces, _ body: ([UInt8]) throws(GitError) -> Void
    ) throws(GitError) {
        var pieces = pieces
        while let piece = try pieces.next() { try body(piece) }
    }

    private mutating func keep(_ place: Place, _ pieces: Inflater.Pieces, _ size: Int) throws(GitError) {
        let copy = try makeRoom(size)
        var end = copy.offset
        try handOver(pieces) { piece throws(GitError) in
            try copy.file.write(piece, at: end)
            end += piece.count
        }
        copies[place] = copy
    }

    private mutating func keep(
        _ place: Place, _ instructions: Inflater.Pieces, of base: PlainObject
    ) throws(GitError) {
        var delta = try DeltaStream(instructions)
        try delta.apply(to: base)
        let copy = try makeRoom(delta.size)
        var end = copy.offset
        while let piece = try delta.next() {
            try copy.file.write(piece, at: end)
            end += piece.count
        }
        copies[place] = copy
    }

    private mutating func makeRoom(_ size: Int) throws(GitError) -> PlainObject {
        guard copiesEnd + size <= limits.inflatedBytes else {
            throw .invalid("the large files of the pack take more than the \(limits.inflatedBytes) bytes allowed")
        }
        if copyFile == nil { copyFile = try ScratchFile(in: scratch) }
        guard let copyFile else { throw .invalid("a temporary file is missing") }
        defer { copiesEnd += size }
        return PlainObject(file: copyFile, offset: copiesEnd, size: size)
    }
}
