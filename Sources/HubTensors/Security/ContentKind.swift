/// What a file is by its first bytes, whatever its name says.
enum ContentKind: Equatable {
    case zip
    case tar
    case gzip
    case zlib
    /// An archive or compressed file that is not opened here, with its usual name.
    case sealed(String)
    /// A program, with its usual name.
    case program(String)
    case script
    case numpy
    case safetensors
    case gguf
    /// Valid text without NUL, as far as can be seen.
    case text
    case other

    /// The bytes that must be given to `init(head:)`.
    static let headSize = 4096

    /// Takes the first bytes of a file: `headSize` of them, or all.
    init(head: [UInt8], count: Int) {
        self = Self.archive(head) ?? Self.program(head) ?? Self.model(head, count) ?? (head.isText ? .text : .other)
    }

    private static let sealed: [(magic: [UInt8], name: String)] = [
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7z archive"),
        ([0x52, 0x61, 0x72, 0x21, 0x1A, 0x07], "rar archive"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz file"),
        ([0x28, 0xB5, 0x2F, 0xFD], "zstd file"),
        ([0x04, 0x22, 0x4D, 0x18], "lz4 file"),
        ([0x5D, 0x00, 0x00, 0x80, 0x00, 0xFF, 0xFF], "lzma file"),
        ([0x5D, 0x00, 0x00, 0x80, 0x00, 0x00], "lzma file"),
        ([0x4D, 0x53, 0x43, 0x46, 0, 0, 0, 0], "cabinet archive"),
        (Array("!<arch>\n".utf8), "ar archive"),
    ]

    private static func archive(_ head: [UInt8]) -> Self? {
        if head.has([0x50, 0x4B, 3, 4]) || head.has([0x50, 0x4B, 5, 6]) { return .zip }
        if head.has(Array("ustar".utf8), at: 257) || TarHeader(head) != nil { return .tar }
        if head.has([0x1F, 0x8B, 8]) { return .gzip }
        if head.has(Array("BZh".utf8)), head.has([0x31, 0x41, 0x59, 0x26, 0x53, 0x59], at: 4) {
            return .sealed("bzip2 file")
        }
        if head.count > 2, head[0] == 0x78, (Int(head[0]) << 8 | Int(head[1])) % 31 == 0, !head.isText { return .zlib }
        return sealed.first { head.has($0.magic) }.map { .sealed($0.name) }
    }

    private static let programs: [(magic: [UInt8], name: String)] = [
        ([0x7F, 0x45, 0x4C, 0x46], "ELF program"),
        ([0xFE, 0xED, 0xFA, 0xCE], "Mach-O program"),
        ([0xFE, 0xED, 0xFA, 0xCF], "Mach-O program"),
        ([0xCE, 0xFA, 0xED, 0xFE], "Mach-O program"),
        ([0xCF, 0xFA, 0xED, 0xFE], "Mach-O program"),
        ([0xCA, 0xFE, 0xBA, 0xBE], "Java class or Mach-O program"),
        ([0x00, 0x61, 0x73, 0x6D, 1, 0, 0, 0], "WebAssembly program"),
    ]

    private static func program(_ head: [UInt8]) -> Self? {
        if let program = programs.first(where: { head.has($0.magic) }) { return .program(program.name) }
        if head.isWindowsProgram { return .program("Windows program") }
        guard head.has(Array("#!".utf8)), head.count > 3 else { return nil }
        return head[2] == UInt8(ascii: "/") || head[2] == UInt8(ascii: " ") ? .script : nil
    }

    private static func model(_ head: [UInt8], _ count: Int) -> Self? {
        if head.has(Array("GGUF".utf8)) { return .gguf }
        if head.has([0x93] + Array("NUMPY".utf8)) { return .numpy }
        let length = head.littleEndian(0, 8)
        let isHeader =
            head.count > 9 && length >= 2 && length <= UInt64(max(0, count - 8)) && head[8] == UInt8(ascii: "{")
        return isHeader ? .safetensors : nil
    }
}

extension Array where Element == UInt8 {
    /// Whether these first bytes of a file are UTF-8 without NUL; a character cut at the end does not matter.
    var isText: Bool {
        guard !contains(0) else { return false }
        do {
            _ = try UTF8Span(validating: span)
            return true
        } catch {
            return count >= ContentKind.headSize && error.byteOffsets.lowerBound >= count - 3
        }
    }

    /// Whether a DOS header points at a PE header within these bytes.
    fileprivate var isWindowsProgram: Bool {
        guard has([0x4D, 0x5A]) else { return false }
        return has([0x50, 0x45, 0, 0], at: littleEndian(0x3C, 4).clampedInt)
    }
}
