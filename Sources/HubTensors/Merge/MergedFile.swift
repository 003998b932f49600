import HubCore

/// One file of a merge's result, as a recipe: streamed when it is wanted, never held as a whole.
package struct MergedFile: Sendable {
    package enum Segment: Sendable {
        case bytes([UInt8])
        /// A tensor's bytes as they stand on one side.
        case copy(Tensor, from: MergeSide)
        case computed(ComputedTensor)

        package var byteCount: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .copy(let tensor, _): tensor.info.byteCount
            case .computed(let tensor): tensor.byteCount
            }
        }
    }

    package let path: String

    /// Whether the file is ours, byte for byte.
    package let isUnchanged: Bool
    package let byteCount: Int
    private let source: Source

    private enum Source: Sendable {
        case segments([Segment])
        case reader(any ByteReader)
    }

    init(path: String, segments: [Segment]) {
        self.path = path
        isUnchanged = false
        byteCount = segments.reduce(0) { $0 + $1.byteCount }
        source = .segments(segments)
    }

    init(path: String, unchanged reader: any ByteReader) {
        self.path = path
        isUnchanged = true
        byteCount = reader.count
        source = .reader(reader)
    }

    /// Hands over the bytes in order, at most a mebibyte at a time.
    package func forEachPiece(_ body: ([UInt8]) async throws -> Void) async throws {
        switch source {
        case .reader(let reader):
            try await reader.forEachPiece(of: 0..<reader.count) { _, bytes in try await body(bytes) }
        case .segments(let segments):
            for segment in segments {
                try Task.checkCancellation()
                try await Self.forEachPiece(of: segment, body)
            }
        }
    }

    private static func forEachPiece(of segment: Segment, _ body: ([UInt8]) async throws -> Void) async throws {
        switch segment {
        case .bytes(let bytes): try await body(bytes)
        case .copy(let tensor, _):
            try await tensor.reader.forEachPiece(of: tensor.info.range) { _, bytes in try await body(bytes) }
        case .computed(let tensor):
            for places in TensorStream.blocks(tensor.elementCount) { try await body(tensor.bytes(places)) }
        }
    }
}
