import HubCore
import HubDatabase

/// The body of an answer to a fetch, made piece by piece while it is sent.
///
/// Each piece is read in a transaction of its own: objects never change, and a slow client holds nothing open.
/// At most about a megabyte of objects is in memory, or one object if that is larger.
package struct UploadPackAnswer: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    private let opening: [UInt8]
    private let pack: Pack?

    fileprivate struct Pack: Sendable {
        let ids: [ObjectID]
        let usesSideBand: Bool
        let showsProgress: Bool
        let database: any SQLDatabase
    }

    init(opening: [UInt8]) {
        self.opening = opening
        pack = nil
    }

    init(opening: [UInt8], plan: PackPlan, request: UploadPackRequest, store: GitStore) {
        self.opening = opening
        pack = Pack(
            ids: plan.ids, usesSideBand: request.capabilities.contains("side-band-64k"),
            showsProgress: !request.capabilities.contains("no-progress"), database: store.database)
    }

    package func makeAsyncIterator() -> Iterator { Iterator(opening: opening, pack: pack) }

    package struct Iterator: AsyncIteratorProtocol {
        private enum Stage {
            case opening
            case objects(from: Int)
            case end
        }

        private let opening: [UInt8]
        private let pack: Pack?
        private var stage = Stage.opening
        private var checksum = SHA1()

        /// Objects read and not yet sent, and how much of the first has been.
        private var waiting: [StoredObject] = []
        private var sent = 0

        private static let pieceLength = 1 << 20

        fileprivate init(opening: [UInt8], pack: Pack?) {
            self.opening = opening
            self.pack = pack
        }

        package mutating func next() async throws -> [UInt8]? {
            switch stage {
            case .opening: open()
            case .objects(let place): try await sendObjects(from: place)
            case .end: nil
            }
        }

        private mutating func open() -> [UInt8]? {
            guard let pack else {
                stage = .end
                return opening
            }
            stage = .objects(from: 0)
            let progress = "Sending \(pack.ids.count) objects.\n"
            let words = pack.usesSideBand && pack.showsProgress ? SideBand.progress.encode(progress) : []
            return opening + words + wrap(PackFormat.header(count: pack.ids.count))
        }

        private mutating func sendObjects(from place: Int) async throws -> [UInt8]? {
            if let piece = takePiece() { return wrap(piece) }
            guard let pack, place < pack.ids.count else {
                stage = .end
                let trailer = checksum.finish()
                guard pack?.usesSideBand ?? false else { return trailer }
                return SideBand.data.encode(trailer) + PacketLine.flushBytes
            }
            let wanted = Array(pack.ids[place..<Swift.min(place + 400, pack.ids.count)])
            waiting = try await pack.database.read { connection in
                try ObjectRows(connection: connection).leading(wanted, byteLimit: Self.pieceLength)
            }
            stage = .objects(from: place + waiting.count)
            return wrap(takePiece() ?? [])
        }

        /// What is to be sent next of the objects that were read: all, or a part of the only one.
        private mutating func takePiece() -> [UInt8]? {
            guard let first = waiting.first else { return nil }
            guard waiting.count == 1, first.deflated.count > Self.pieceLength else {
                defer { waiting = [] }
                var bytes: [UInt8] = []
                for object in waiting { bytes += PackFormat.entryHeader(object.header) + object.deflated }
                return bytes
            }
            let end = Swift.min(sent + Self.pieceLength, first.deflated.count)
            let header = sent == 0 ? PackFormat.entryHeader(first.header) : []
            let bytes = header + first.deflated[sent..<end]
            sent = end
            if sent == first.deflated.count { (waiting, sent) = ([], 0) }
            return bytes
        }

        private mutating func wrap(_ bytes: [UInt8]) -> [UInt8] {
            checksum.update(bytes)
            return pack?.usesSideBand ?? false ? SideBand.data.encode(bytes) : bytes
        }
    }
}
