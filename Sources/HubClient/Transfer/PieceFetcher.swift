import HubAPI
import HubChunks
import HubCore

/// Gets stretches of one file: out of chunks that lie here, and all else from the hub.
struct PieceFetcher: Sendable {
    let cas: CASConnection
    let file: XetHash
    let local: LocalChunks
    let meter: ProgressMeter

    func fetch(_ range: Range<Int>) async throws -> ArraySlice<UInt8> {
        guard !range.isEmpty else { return [] }
        do {
            return try await fetchOnce(range)
        } catch HubError.forbidden, HubError.unauthorized {
            // The signed URLs ran out while waiting; a new plan carries new ones.
            return try await fetchOnce(range)
        }
    }

    private func fetchOnce(_ range: Range<Int>) async throws -> ArraySlice<UInt8> {
        let body = try await cas.reconstruction(of: file, range: range)
        let plan = try ReconstructionPlan(body, count: range.count)
        let isHere = body.terms.map(local.holdSome)
        guard isHere.contains(true) else { return try await remote(plan, range) }

        // What is fetched with something that is here is planned anew, without that.
        let mixed = Set(zip(plan.terms, isHere).filter(\.1).map(\.0.fetch))
        var fetched: [Int: FetchedChunks] = [:]
        var piece = Piece(range)
        var start = range.lowerBound - plan.skip
        for (index, term) in plan.terms.enumerated() {
            let stretch = start..<start + term.length
            start = stretch.upperBound
            if isHere[index], let bytes = try await mix(body.terms[index], stretch) {
                piece.add(bytes[...], at: stretch.lowerBound)
            } else if mixed.contains(term.fetch) {
                try await addRemote(stretch, to: &piece)
            } else {
                if fetched[term.fetch] == nil { fetched[term.fetch] = try await get(plan.fetches[term.fetch]) }
                guard let chunks = fetched[term.fetch] else { continue }
                piece.add(try plan.assemble(term, from: chunks)[...], at: stretch.lowerBound)
            }
        }
        return piece.bytes[...]
    }

    /// How many bytes are asked for at once for each chunk that is missing; chunks are twice as long on average, so that
    /// little is fetched that is here.
    private static let guess = 32 << 10

    /// The bytes of a term, the stretch of the file they are: chunks that lie here, and the others from the hub.
    ///
    /// How long a missing chunk is shows when it is here. Nil if the hub's answers do not fit together.
    private func mix(_ term: ReconstructionBody.Term, _ stretch: Range<Int>) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(stretch.count)
        var index = term.range.start
        while index < term.range.end {
            let offset = stretch.lowerBound + bytes.count
            guard offset < stretch.upperBound else { return nil }
            if let place = local.place(of: .init(xorb: term.hash, index: index)), let chunk = try local.read(place) {
                bytes += chunk
                index += 1
                meter.update { $0.bytesDeduplicated += chunk.count }
                continue
            }
            let missing =
                (index + 1..<term.range.end).prefix {
                    local.place(of: .init(xorb: term.hash, index: $0)) == nil
                }.count + 1
            let isLast = index + missing == term.range.end
            let end = isLast ? stretch.upperBound : min(offset + missing * Self.guess, stretch.upperBound)
            let body = try await cas.reconstruction(of: file, range: offset..<end)
            let plan = try ReconstructionPlan(body, count: end - offset)
            let found = body.terms.reduce(0) { $0 + $1.range.end - $1.range.start }
            guard plan.skip == 0, body.terms.allSatisfy({ $0.hash == term.hash }),
                body.terms.first?.range.start == index
            else { return nil }
            bytes += try await assemble(plan)
            index += found
        }
        return bytes.count == stretch.count && index == term.range.end ? bytes : nil
    }

    private func addRemote(_ stretch: Range<Int>, to piece: inout Piece) async throws {
        let range = stretch.clamped(to: piece.range)
        guard !range.isEmpty else { return }
        let body = try await cas.reconstruction(of: file, range: range)
        piece.add(try await remote(ReconstructionPlan(body, count: range.count), range), at: range.lowerBound)
    }

    private func remote(_ plan: ReconstructionPlan, _ range: Range<Int>) async throws -> ArraySlice<UInt8> {
        try await assemble(plan)[plan.skip..<plan.skip + range.count]
    }

    private func assemble(_ plan: ReconstructionPlan) async throws -> [UInt8] {
        var fetched: [FetchedChunks] = []
        for fetch in plan.fetches { fetched.append(try await get(fetch)) }
        return try plan.assemble(fetched)
    }

    private func get(_ fetch: ReconstructionPlan.Fetch) async throws -> FetchedChunks {
        let bytes = try await cas.bytes(at: fetch.url, range: fetch.bytes)
        meter.update { $0.bytesSent += bytes.count }
        return try FetchedChunks(parsing: bytes, count: fetch.chunks.count)
    }
}

/// A stretch of a file that grows from its beginning.
private struct Piece {
    let range: Range<Int>
    private(set) var bytes: [UInt8] = []

    init(_ range: Range<Int>) {
        self.range = range
        bytes.reserveCapacity(range.count)
    }

    /// Adds what of `new`, which begins at `start` in the file, lies in the stretch.
    mutating func add(_ new: ArraySlice<UInt8>, at start: Int) {
        let part = (start..<start + new.count).clamped(to: range)
        guard !part.isEmpty else { return }
        bytes += new.dropFirst(part.lowerBound - start).prefix(part.count)
    }
}
