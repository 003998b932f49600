import HubCore
import HubDatabase

/// The body of an answer to a fetch, made piece by piece while it is sent.
///
/// Each piece is read in a transaction of its own: objects never change, and a slow client holds nothing open. One that
/// takes so long that its objects are swept meanwhile gets an error.
/// About a megabyte of objects is in memory, or one object if that is larger.
package struct UploadPackAnswer: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    /// Why the request was refused, in the words the client is told; nil if it was not.
    package let refusal: String?

    /// Whether a pack follows, which in versions 0 and 1 is the end of the conversation.
    var bringsPack: Bool { pack != nil }

    private let opening: [UInt8]
    private let pack: Pack?

    fileprivate struct Pack: Sendable {
        let plan: PackPlan

        /// Whether deltas may stand on what the client has and the pack does not hold.
        let isThin: Bool

        /// Longest packet; nil if the pack is sent bare.
        let bandLimit: Int?
        let showsProgress: Bool
        let store: GitStore
    }

    init(opening: [UInt8]) {
        (self.opening, pack, refusal) = (opening, nil, nil)
    }

    init(refusing message: String) {
        (opening, pack, refusal) = (PacketLine.encode("ERR \(message.safeForTerminal)\n"), nil, message)
    }

    init(opening: [UInt8], plan: PackPlan, request: UploadPackRequest, store: GitStore) {
        let words = request.capabilities
        self.opening = opening
        refusal = nil
        pack = Pack(
            plan: plan, isThin: words.contains("thin-pack") && request.filter == nil,
            bandLimit: words.contains("side-band-64k")
                ? SideBand.limit : words.contains("side-band") ? SideBand.oldLimit : nil,
            showsProgress: !words.contains("no-progress"), store: store)
    }

    package func makeAsyncIterator() -> Iterator { Iterator(opening: opening, pack: pack) }

    package struct Iterator: AsyncIteratorProtocol {
        private enum Stage {
            case opening
            case objects
            case end
        }

        private let opening: [UInt8]
        private let pack: Pack?
        private var stage = Stage.opening
        private var checksum = SHA1()

        /// How many objects of the plan were taken up.
        private var place = 0

        /// Large files of the plan that rest in chunks and are to be sent one by one, and the one that is under way.
        private var chunked: [ChunkedBlob] = []
        private var stream: ChunkedBlobStream?

        fileprivate init(opening: [UInt8], pack: Pack?) {
            self.opening = opening
            self.pack = pack
        }

        package mutating func next() async throws -> [UInt8]? {
            switch stage {
            case .opening: return start()
            case .objects: return try await goOn()
            case .end: return nil
            }
        }

        private mutating func start() -> [UInt8]? {
            guard let pack else {
                stage = .end
                return opening
            }
            stage = .objects
            var words: [UInt8] = []
            if let limit = pack.bandLimit, pack.showsProgress {
                words = SideBand.progress.encode("Sending \(pack.plan.count) objects.\n", limit: limit)
            }
            return opening + words + wrap(PackFormat.header(count: pack.plan.count))
        }

        private mutating func goOn() async throws -> [UInt8]? {
            guard let pack else { return nil }
            if let bytes = try await nextOfChunked(pack) { return wrap(bytes) }
            guard place < pack.plan.count else {
                stage = .end
                let trailer = checksum.finish()
                guard let limit = pack.bandLimit else { return trailer }
                return SideBand.data.encode(trailer, limit: limit) + PacketLine.flushBytes
            }
            let start = place
            let found = try await pack.store.database.read { connection in
                try pack.entries(from: start, in: connection)
            }
            place += found.count
            chunked = found.chunked
            return found.bytes.isEmpty ? try await goOn() : wrap(found.bytes)
        }

        /// A piece of a large file; nil if none waits.
        private mutating func nextOfChunked(_ pack: Pack) async throws -> [UInt8]? {
            while true {
                if let bytes = try await stream?.next() { return bytes }
                stream = nil
                guard let next = chunked.popLast() else { return nil }
                stream = try ChunkedBlobStream(next, try await pack.store.open(next.header, in: next.content))
            }
        }

        private mutating func wrap(_ bytes: [UInt8]) -> [UInt8] {
            checksum.update(bytes)
            guard let limit = pack?.bandLimit else { return bytes }
            return SideBand.data.encode(bytes, limit: limit)
        }
    }
}

extension UploadPackAnswer.Pack {
    private static let pieceLength = 1 << 20

    /// The entries of as many objects of the plan, from the place `start` on, as make a piece, and their number.
    ///
    /// Large files that rest in chunks are only named.
    func entries(
        from start: Int, in connection: any SQLConnection
    ) throws -> (bytes: [UInt8], count: Int, chunked: [ChunkedBlob]) {
        let rows = ObjectRows(connection: connection)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(2 * Self.pieceLength)
        var headers: [ObjectID: ObjectHeader] = [:]
        var place = start
        while place < plan.count, bytes.count < Self.pieceLength {
            let numbers = plan.numbers[place..<min(place + ObjectRows.packableLimit, plan.count)]
            try rows.forEachPackable(numbers) { object in
                guard object.number == plan.numbers[place] else { return false }
                place += 1
                if object.deflated.isEmpty {
                    headers[object.id] = object.header
                } else if let delta = object.delta {
                    if isThin ? plan.isKnown(delta) : plan.contains(delta.baseNumber) {
                        PackFormat.appendEntryHeader(PackFormat.objectDelta, delta.size, to: &bytes)
                        bytes += delta.base.bytes
                        bytes += object.deflated
                    } else {
                        PackFormat.appendEntryHeader(object.header, to: &bytes)
                        bytes += try rows.deflated(object.number)
                    }
                } else {
                    PackFormat.appendEntryHeader(object.header, to: &bytes)
                    bytes += object.deflated
                }
                return bytes.count < Self.pieceLength
            }
            guard place == numbers.endIndex || bytes.count >= Self.pieceLength else {
                throw GitError(code: .notFound, message: "a git object of the repository is missing")
            }
        }
        let contents = try ChunkedRows(connection: connection).contents(of: Array(headers.keys))
        return (bytes, place - start, headers.map { ChunkedBlob(header: $0.value, content: contents[$0.key]) })
    }
}
