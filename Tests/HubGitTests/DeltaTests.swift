import HubCore
import HubDatabase
import HubGit
import Testing

@Suite struct DeltaTests {
    @Test func `what comes as a delta is kept whole and as that delta, as stock git reads it`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell(
            "for i in 1 2 3 4 5 6; do seq $i 3000 >f; seq 1 $i >g$i; git add .; git commit -qm $i; done", in: work)
        let head = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)

        try await hub.push(PushRequest(commands: [(nil, head, "refs/heads/main")], pack: hub.pack("HEAD", in: work)))

        let rows = try await hub.deltaRows()
        let clone = try await hub.makeRepository("clone")
        try await hub.git("index-pack", "--strict", "--stdin", in: clone, input: try await hub.packOfDeltas())
        try await hub.git("update-ref", "refs/heads/main", head.hex, in: clone)
        #expect(rows.count >= 5)
        #expect(rows.allSatisfy { $0.depth >= 1 })
        #expect(try await hub.git("fsck", "--full", "--strict", in: clone).isEmpty)
        #expect(
            try await hub.git("rev-list", "--objects", "HEAD", in: clone)
                == hub.git("rev-list", "--objects", "HEAD", in: work))
    }

    @Test func `a delta on what the repository had goes one deeper`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        var old: ObjectID?
        for step in 1...3 {
            try await hub.shell("seq \(step) 3000 >f; git add .; git commit -qm \(step)", in: work)
            let new = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
            let pack = try await hub.pack("HEAD \(old.map { "^\($0.hex)" } ?? "")", in: work, "--thin")
            try await hub.push(PushRequest(commands: [(old, new, "refs/heads/main")], pack: pack))
            old = new
        }

        #expect(try await hub.deltaRows().map(\.depth).sorted() == [1, 2])
    }

    @Test func `chains of kept deltas end at fifty, and start anew`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell(
            "seq 900 >f; for i in $(seq 130); do sed -i \"$((i*6))s/.*/changed $i/\" f; git add f; git commit -qm $i; done",
            in: work)
        let head = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        let pack = try await hub.pack("HEAD", in: work, "--depth=200", "--window=2", "--no-reuse-delta", "--threads=1")

        try await hub.push(PushRequest(commands: [(nil, head, "refs/heads/main")], pack: pack))

        let rows = try await hub.deltaRows()
        #expect(rows.map(\.depth).max() == 50)
        #expect(rows.count > 110)
        try await hub.git(
            "index-pack", "--strict", "--stdin", in: hub.makeRepository("x"), input: await hub.packOfDeltas())
    }

    @Test func `what was there before gets no delta, so that chains never turn on themselves`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell("seq 1 3000 >f; git add .; git commit -qm 1; seq 2 3000 >f; git commit -qam 2", in: work)
        let head = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        let whole = try await hub.pack("HEAD", in: work, "--window=0")
        try await hub.push(PushRequest(commands: [(nil, head, "refs/heads/main")], pack: whole))

        try await hub.push(
            PushRequest(commands: [(nil, head, "refs/heads/main")], pack: hub.pack("HEAD", in: work)), to: 2)

        #expect(try await hub.deltaRows().isEmpty)
    }
}

extension TestStore {
    fileprivate struct DeltaRow: Sendable {
        let id: ObjectID
        let base: ObjectID
        let depth: Int
        let size: Int
        let data: [UInt8]
    }

    fileprivate func deltaRows() async throws -> [DeltaRow] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT git_object.id, base, depth, git_delta.size, git_delta.data
                FROM git_delta JOIN git_object ON git_object.number = git_delta.object
                """
            ).map { row in
                DeltaRow(
                    id: try row.objectID(0), base: try row.objectID(1), depth: try row.int(2), size: try row.int(3),
                    data: try row.blob(4))
            }
        }
    }

    /// All objects in one pack, those that have deltas as these.
    fileprivate func packOfDeltas() async throws -> [UInt8] {
        let deltas = Dictionary(uniqueKeysWithValues: try await deltaRows().map { ($0.id, $0) })
        let objects = try await database.read { connection in
            try connection.query("SELECT id, kind, size, data FROM git_object").map { row in
                (id: try row.objectID(0), kind: try row.int(1), size: try row.int(2), data: try row.blob(3))
            }
        }
        return HandPack.bytes(
            ofParts: objects.map { object in
                deltas[object.id].map { delta in
                    HandPack.entry(7, delta.size, delta.base.bytes + delta.data)
                } ?? HandPack.entry(object.kind, object.size, object.data)
            })
    }
}
