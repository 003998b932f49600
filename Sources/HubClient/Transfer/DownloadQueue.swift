/// Which pieces of which files to fetch, in the order in which they are written.
package struct DownloadQueue: Sendable, Equatable {
    /// A stretch of one file.
    package struct Piece: Sendable, Equatable {
        /// The file's place among the files of the queue.
        package var file: Int
        package var range: Range<Int>

        /// Whether the file is complete once this piece is written.
        package var isLast: Bool
    }

    package private(set) var pieces: [Piece] = []

    /// Files are given by their size and how much of it is there already; an empty or complete one still has one
    /// (empty) piece, so that it is finished in its turn.
    package init(files: [(size: Int, done: Int)], pieceSize: Int) {
        for (file, (size, done)) in files.enumerated() {
            var start = done
            repeat {
                let end = min(start + pieceSize, size)
                pieces.append(Piece(file: file, range: start..<end, isLast: end == size))
                start = end
            } while start < size
        }
    }

    /// The pieces in their order, in batches: those of a file that is `alone` are one, so are those of others in a row.
    package func batches(alone: [Bool]) -> [[Piece]] {
        pieces.reduce(into: []) { batches, piece in
            if let last = batches.last?.last, last.file == piece.file || !(alone[last.file] || alone[piece.file]) {
                batches[batches.count - 1].append(piece)
            } else {
                batches.append([piece])
            }
        }
    }
}
