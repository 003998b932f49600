import CLibgit2
import HubCore

extension ObjectID {
    init(_ id: git_oid) {
        var id = id
        let bytes = withUnsafeBytes(of: &id) { Array($0.prefix(ObjectID.byteCount)) }
        self = ObjectID(bytes: bytes) ?? .zero
    }

    /// The name git gives to these bytes.
    init(of kind: ObjectKind, _ bytes: [UInt8]) throws(GitError) {
        var made = git_oid()
        try git { git_odb_hash(&made, bytes, bytes.count, kind.libgit2) }
        self.init(made)
    }

    /// The smallest and the largest id that begin with the first `length` hex digits of this one.
    func range(ofPrefixLength length: Int) -> (lowerBound: ObjectID, upperBound: ObjectID) {
        var low = bytes
        var high = bytes
        for index in 0..<ObjectID.byteCount where 2 * index + 2 > length {
            let keepsHighDigit = 2 * index + 1 == length
            low[index] = keepsHighDigit ? low[index] & 0xF0 : 0
            high[index] = keepsHighDigit ? high[index] | 0x0F : 0xFF
        }
        return (ObjectID(bytes: low) ?? .zero, ObjectID(bytes: high) ?? .zero)
    }
}

extension git_oid {
    init(_ id: ObjectID) {
        self.init()
        withUnsafeMutableBytes(of: &self) { $0.copyBytes(from: id.bytes) }
    }
}

extension ObjectKind {
    init?(_ type: git_object_t) { self.init(rawValue: Int(type.rawValue)) }

    var libgit2: git_object_t { git_object_t(rawValue: Int32(rawValue)) }
}
