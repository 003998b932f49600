import HubCore
import Hummingbird
import NIOCore

extension RequestBody {
    /// Hands over the lines of the body one by one, each as soon as it is whole; blank ones are left out.
    ///
    /// Memory holds one line. A line or a body over its limit is ``HubError/tooLarge(_:)``.
    func forEachLine(
        lineLimit: Int,
        bodyLimit: Int,
        _ body: (ByteBuffer) async throws -> Void
    ) async throws {
        var line = ByteBuffer()
        var total = 0
        for try await var piece in self {
            total += piece.readableBytes
            guard total <= bodyLimit else { throw HubError.tooLarge("the request body is over \(bodyLimit) bytes") }
            while let end = piece.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let count = end - piece.readableBytesView.startIndex
                try Self.append(&piece, count, to: &line, lineLimit)
                piece.moveReaderIndex(forwardBy: 1)
                if !line.isBlank { try await body(line) }
                line.clear()
            }
            try Self.append(&piece, piece.readableBytes, to: &line, lineLimit)
        }
        if !line.isBlank { try await body(line) }
    }

    private static func append(_ piece: inout ByteBuffer, _ count: Int, to line: inout ByteBuffer, _ limit: Int) throws
    {
        guard line.readableBytes + count <= limit else {
            throw HubError.tooLarge("a line of the request body is over \(limit) bytes")
        }
        if var part = piece.readSlice(length: count) { line.writeBuffer(&part) }
    }
}

extension ByteBuffer {
    fileprivate var isBlank: Bool { readableBytesView.allSatisfy { [0x20, 0x09, 0x0D].contains($0) } }
}
