package import HubCore

/// What a `README.md` says of its repository: the metadata in front, and the text.
///
/// The metadata is the first block between two lines `---`, in YAML. It is read as YAML 1.2 reads it (`no` is a word,
/// a date is a text), and becomes JSON.
package struct ModelCard: Sendable {
    /// The metadata; nil when the text does not begin with a block, or the block says nothing.
    package let metadata: JSONObject?

    /// What follows the metadata.
    package let text: String

    /// No longer block is read.
    package static let metadataLimit = 256 << 10

    /// Takes a file apart.
    ///
    /// Throws ``HubError/invalid(_:)`` when there is a block and it is no YAML, no mapping, too long, or made to grow.
    package init(parsing file: [UInt8]) throws(HubError) {
        guard let block = FrontMatter(of: file) else {
            metadata = nil
            text = String(decoding: file, as: UTF8.self)
            return
        }
        text = String(decoding: file[block.rest...], as: UTF8.self)
        guard block.yaml.count <= Self.metadataLimit else {
            throw .invalid("the metadata block is over \(Self.metadataLimit) bytes")
        }
        guard let yaml = String(validating: file[block.yaml], as: UTF8.self) else {
            throw .invalid("the metadata block is not UTF-8")
        }
        switch try YAMLDocument.read(yaml) {
        case .object(let object): metadata = object.count == 0 ? nil : object
        case .null: metadata = nil
        default: throw .invalid("the metadata block must be a mapping of keys to values")
        }
    }
}

/// Where the metadata stands in a file.
private struct FrontMatter {
    /// The YAML between the two lines.
    let yaml: Range<Int>

    /// Where the text begins.
    let rest: Int

    init?(of file: [UInt8]) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        var place = file.starts(with: mark) ? mark.count : 0
        while place < file.count, file[place] <= 0x20 { place += 1 }
        guard let first = Self.line(at: place, in: file), Self.isFence(file[place..<first.end]) else { return nil }
        let start = first.next
        place = start
        while let line = Self.line(at: place, in: file) {
            if Self.isFence(file[place..<line.end]) {
                yaml = start..<place
                rest = line.next
                return
            }
            place = line.next
        }
        return nil
    }

    private static func line(at place: Int, in file: [UInt8]) -> (end: Int, next: Int)? {
        guard place < file.count else { return nil }
        guard let end = file[place...].firstIndex(of: UInt8(ascii: "\n")) else { return (file.count, file.count) }
        return (end, end + 1)
    }

    private static func isFence(_ line: ArraySlice<UInt8>) -> Bool {
        line.elementsEqual("---".utf8) || line.elementsEqual("---\r".utf8)
    }
}
