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
    /// Strict, as git-lfs writes it: `version` first, then extensions in their order, then `oid` and `size`, once each.
    package init?(parsing bytes: [UInt8]) {
        guard bytes.count <= Self.maximumByteCount, bytes.last == Self.newline else { return nil }
        let lines = bytes.dropLast().split(separator: Self.newline, omittingEmptySubsequences: false)
        guard lines.count >= 3, lines[0].elementsEqual(Self.version.utf8),
            lines[1..<lines.count - 2].allSatisfy(Self.isExtension),
            let oid = Self.value(of: "oid sha256:", in: lines[lines.count - 2]),
            let digest = try? ContentDigest(parsing: oid),
            let digits = Self.value(of: "size ", in: lines[lines.count - 1]),
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let size = Int(digits)
        else { return nil }
        self.init(digest: digest, size: size)
    }

    package var text: String { "\(Self.version)\noid sha256:\(digest.hex)\nsize \(size)\n" }

    private static let version = "version https://git-lfs.github.com/spec/v1"

    private static let newline = UInt8(ascii: "\n")

    /// A line `ext-PRIORITY-NAME VALUE`.
    private static func isExtension(_ line: ArraySlice<UInt8>) -> Bool {
        line.starts(with: "ext-".utf8)
            && line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).count == 2
    }

    private static func value(of key: String, in line: ArraySlice<UInt8>) -> String? {
        line.starts(with: key.utf8) ? String(validating: line.dropFirst(key.utf8.count), as: UTF8.self) : nil
    }
}
