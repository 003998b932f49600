package import HubCore

/// A safetensors file whose header has been read and found sound.
package struct SafetensorsFile: Sendable {
    package let path: String
    package let reader: any ByteReader
    package let header: SafetensorsHeader

    /// Reads the header of `reader`; faults in it are findings and leave no file, faults of reading are thrown.
    package static func inspect(
        _ reader: any ByteReader,
        path: String,
        limits: SafetensorsLimits = SafetensorsLimits()
    ) async throws -> (file: SafetensorsFile?, findings: [Finding]) {
        func refused(_ message: String) -> (SafetensorsFile?, [Finding]) {
            (nil, [Finding(.error, message, in: path)])
        }
        guard reader.count >= 8 else {
            return refused("the file has \(reader.count) bytes, too few for a safetensors header")
        }
        let length = try await reader.read(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length > 0 else { return refused("the header is empty") }
        guard length <= UInt64(limits.headerByteCount) else {
            return refused("the header claims \(length) bytes, more than \(limits.headerByteCount)")
        }
        let dataStart = 8 + Int(length)
        guard dataStart <= reader.count else {
            return refused("the header claims \(length) bytes, but the file has only \(reader.count)")
        }
        let (header, findings) = SafetensorsHeader.parse(
            json: try await reader.read(8..<dataStart),
            dataCount: reader.count - dataStart,
            path: path,
            limits: limits
        )
        return (header.map { SafetensorsFile(path: path, reader: reader, header: $0) }, findings)
    }

    /// Reads the header, or throws ``HubError/refused(_:)`` with what is wrong.
    package static func open(
        _ reader: any ByteReader,
        path: String,
        limits: SafetensorsLimits = SafetensorsLimits()
    ) async throws -> SafetensorsFile {
        let (file, findings) = try await inspect(reader, path: path, limits: limits)
        guard let file else { throw HubError.refused(findings) }
        return file
    }

    package var tensors: [TensorInfo] { header.tensors }
}
