/// A git-lfs pointer: the small text that stands in git for a large file (git-lfs specification, "The Pointer").
package struct LFSPointer: Hashable, Sendable {
    package let digest: ContentDigest
    package let size: Int

    /// No pointer is longer; a larger blob need not be read to know that it is none.
    package static let maximumByteCount = 1024

    package init(digest: ContentDigest, size: Int) {
        self.digest = digest
        self.size = size
    }

    /// Reads a pointer, or nil if `bytes` are anything else.
    ///
    /// Strict, as git-lfs writes it: `version` first, then `oid` and `size`, extensions allowed between.
    package init?(parsing bytes: [UInt8]) {
        guard bytes.count <= Self.maximumByteCount, bytes.last == UInt8(ascii: "\n") else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.first == "version https://git-lfs.github.com/spec/v1" else { return nil }
        var digest: ContentDigest?
        var size: Int?
        for line in lines.dropFirst() {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            switch parts[0] {
            case "oid":
                guard parts[1].hasPrefix("sha256:") else { return nil }
                digest = try? ContentDigest(parsing: parts[1].dropFirst("sha256:".count))
            case "size": size = Int(parts[1])
            default: guard parts[0].hasPrefix("ext-") else { return nil }
            }
        }
        guard let digest, let size, size >= 0 else { return nil }
        self.init(digest: digest, size: size)
    }

    package var text: String {
        "version https://git-lfs.github.com/spec/v1\noid sha256:\(digest.hex)\nsize \(size)\n"
    }
}
