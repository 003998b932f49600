package import HubCore

/// What a GGUF header says of one tensor.
package struct GGUFTensor: Hashable, Sendable {
    package let name: String

    /// Outermost dimension first, as everywhere in this module; the file has it the other way round.
    package let shape: [Int]

    package let type: GGUFType

    /// Where its bytes lie in the file, from the file's start.
    package let range: Range<Int>

    package var elementCount: Int { shape.reduce(1, *) }
}

/// What a GGUF file may claim before it is refused.
package struct GGUFLimits: Sendable {
    package var keyCount = 65_536
    package var tensorCount = 200_000
    package var nameByteCount = 1024
    package var textByteCount = 16 << 20

    /// Everything before the tensors' data, in bytes.
    package var headerByteCount = 256 << 20

    /// A broken file is described by at most so many findings.
    package var findingCount = 50

    package init() {}
}

/// A GGUF file whose header has been read and found sound (GGUF specification, versions 2 and 3, little-endian).
///
/// Sound means: the tensors lie one after the other, aligned, without gaps, and fill the file.
package struct GGUFFile: Sendable {
    package let path: String
    package let reader: any ByteReader
    package let version: Int
    package let metadata: [String: GGUFValue]

    /// In the order of the header.
    package let tensors: [GGUFTensor]

    /// Where the tensors' data starts.
    package let dataStart: Int

    /// Reads the header of `reader`; faults in it are findings and leave no file, faults of reading are thrown.
    package static func inspect(
        _ reader: any ByteReader,
        path: String,
        limits: GGUFLimits = GGUFLimits()
    ) async throws -> (file: GGUFFile?, findings: [Finding]) {
        var parser = GGUFParser(reader, path: path, limits: limits)
        return try await parser.parse()
    }

    /// Reads the header, or throws ``HubError/refused(_:)`` with what is wrong.
    package static func open(
        _ reader: any ByteReader,
        path: String,
        limits: GGUFLimits = GGUFLimits()
    ) async throws -> GGUFFile {
        let (file, findings) = try await inspect(reader, path: path, limits: limits)
        guard let file else { throw HubError.refused(findings) }
        return file
    }

    package subscript(_ key: String) -> GGUFValue? { metadata[key] }

    /// `general.architecture`, such as "llama".
    package var architecture: String { metadata["general.architecture"]?.string ?? "" }
}
