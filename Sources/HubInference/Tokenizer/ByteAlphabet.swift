/// The printable characters that stand for bytes in the vocabularies of byte-level tokenizers (GPT-2).
///
/// Printable Latin-1 bytes stand for themselves, the others for the characters from U+0100 on.
enum ByteAlphabet {
    private static let codes: [UInt32] = {
        var codes = [UInt32](repeating: 0, count: 256)
        var next: UInt32 = 256
        for byte in 0..<256 {
            let isPrintable = (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
            codes[byte] = isPrintable ? UInt32(byte) : next
            if !isPrintable { next += 1 }
        }
        return codes
    }()

    private static let bytes: [UInt32: UInt8] = Dictionary(
        uniqueKeysWithValues: codes.enumerated().map { ($1, UInt8($0)) })

    /// The bytes that a vocabulary's word stands for; nil if a character stands for none.
    static func bytes(of word: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        for scalar in String(decoding: word, as: UTF8.self).unicodeScalars {
            guard let byte = bytes[scalar.value] else { return nil }
            result.append(byte)
        }
        return result
    }
}
