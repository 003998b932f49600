import HubCore

/// The four kinds of git object, numbered as in packs.
package enum ObjectKind: Int, Sendable {
    case commit = 1
    case tree = 2
    case blob = 3
    case tag = 4
}

/// One object as git hashes it, without the header.
package struct GitObject: Sendable {
    package let kind: ObjectKind
    package let bytes: [UInt8]

    package init(kind: ObjectKind, bytes: [UInt8]) {
        self.kind = kind
        self.bytes = bytes
    }
}

/// What is known of an object without reading it.
package struct ObjectHeader: Sendable, Hashable {
    package let kind: ObjectKind

    /// Length in bytes, inflated.
    package let size: Int
}

/// An object as it rests in the database: a zlib stream, which is also how packs carry it.
struct StoredObject: Sendable {
    let id: ObjectID
    let header: ObjectHeader
    let deflated: [UInt8]

    /// Whether the bytes are in the chunk store instead.
    var isChunked: Bool { deflated.isEmpty }

    /// The object's bytes.
    ///
    /// Those in chunks are a ``GitError`` (`.invalid`): they are streamed, and never here.
    func inflate() throws(GitError) -> [UInt8] {
        guard !isChunked else {
            throw GitError(
                code: .invalid, message: "git object \(id) is a large file kept in chunks, which this cannot read")
        }
        return try Zlib.inflate(deflated, size: header.size)
    }
}

/// An object as a pack can carry it: whole, or by what makes it of another one.
struct PackableObject {
    /// What the delta stands on, and its length inflated.
    struct Delta {
        let base: ObjectID
        let baseNumber: Int64
        let size: Int
    }

    let number: Int64
    let id: ObjectID
    let header: ObjectHeader

    /// The object, or the delta, as a zlib stream.
    let deflated: [UInt8]

    /// Nil if the object is whole.
    let delta: Delta?
}

/// A shorter way to write down an object that also rests whole: what makes it out of another one.
struct StoredDelta: Sendable {
    let id: ObjectID
    let base: ObjectID

    /// Length of the delta, inflated.
    let size: Int

    /// The delta as a zlib stream.
    let deflated: [UInt8]
}

extension GitObject {
    /// What a tag object names.
    func tagTarget() throws -> ObjectID {
        let start = "object ".utf8
        let end = start.count + 2 * ObjectID.byteCount
        guard kind == .tag, bytes.starts(with: start), bytes.count > end,
            let id = ObjectID(hex: bytes[start.count..<end])
        else { throw GitError(code: .invalid, message: "a tag object is malformed") }
        return id
    }
}
