package import HubCore

/// The aggregated hash that names xorbs and files (specification, section 2).
package enum MerkleTree {
    /// The name of a xorb with these chunks, in order.
    package static func xorbHash(_ chunks: [Chunk]) -> XetHash { root(chunks) }

    /// The name of a file with these chunks, in order; the zero hash for an empty file.
    ///
    /// - Parameter salt: 32 bytes; zeros on every hub so far.
    package static func fileHash(_ chunks: [Chunk], salt: [UInt8] = Array(repeating: 0, count: 32)) -> XetHash {
        chunks.isEmpty ? .zero : XetHash(Blake3.hash(root(chunks).bytes, key: salt))
    }

    /// The node over a few children: a hash of their hashes and lengths, written as text.
    static func node(_ children: ArraySlice<Chunk>) -> Chunk {
        var text: [UInt8] = []
        text.reserveCapacity(children.count * 76)
        for child in children { text += Array("\(child.hash.string) : \(child.length)\n".utf8) }
        return Chunk(
            hash: XetHash(Blake3.hash(text, key: XetHasher.nodeKey)),
            length: children.reduce(0) { $0 + $1.length })
    }

    private static func root(_ chunks: [Chunk]) -> XetHash {
        var level = chunks
        while level.count > 1 {
            var next: [Chunk] = []
            var position = 0
            while position < level.count {
                let end = position + groupLength(level[position...])
                next.append(node(level[position..<end]))
                position = end
            }
            level = next
        }
        return level.first?.hash ?? .zero
    }

    /// Three to nine children, ended by the first from the third on whose hash is a multiple of four.
    private static func groupLength(_ nodes: ArraySlice<Chunk>) -> Int {
        guard nodes.count > 2 else { return nodes.count }
        let longest = min(9, nodes.count)
        for index in 2..<longest where nodes[nodes.startIndex + index].hash.lastWord.isMultiple(of: 4) {
            return index + 1
        }
        return longest
    }
}
