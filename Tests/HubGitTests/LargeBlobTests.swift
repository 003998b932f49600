import HubCore
import HubGit
import Testing

/// Blobs too long to be held in memory.
@Suite struct LargeBlobTests {
    private func work(_ hub: TestStore, _ script: String) async throws -> (folder: String, request: PushRequest) {
        let work = try await hub.makeRepository()
        try await hub.shell("\(script); git add .; git commit -qm 1", in: work)
        let head = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        let pack = try await hub.pack("HEAD", in: work)
        return (work, PushRequest(commands: [(nil, head, "refs/heads/main")], pack: pack))
    }

    @Test func `a blob hashed in pieces has the name git gives it, and its bytes`() async throws {
        let hub = try await TestStore()
        let (folder, request) = try await work(hub, "seq 1 900000 >f")
        let id = try await ObjectID(parsing: hub.git("rev-parse", "HEAD:f", in: folder).line)

        let quarantine = try #require(try await hub.receive(request).quarantine)

        var bytes: [UInt8] = []
        var longest = 0
        try await quarantine.forEachPiece(of: id) { piece in
            bytes += piece
            longest = max(longest, piece.count)
        }
        #expect(try await bytes == hub.git("cat-file", "blob", id.hex, in: folder))
        #expect(bytes.count > 5 << 20)
        #expect(longest <= 1 << 20)
    }

    @Test func `a file may be longer than an object that is held in memory, and only as long as is allowed`()
        async throws
    {
        let hub = try await TestStore()
        let (_, request) = try await work(hub, "seq 1 900000 >f")
        var limits = PushLimits()
        limits.objectBytes = 1 << 20
        #expect(try await hub.receive(request, limits: limits).problem?.contains("git-lfs") == true)
        limits.fileBytes = 5 << 20
        #expect(try await hub.receive(request, limits: limits).problem?.contains("git-lfs") == true)
        limits.fileBytes = 16 << 20
        #expect(try await hub.receive(request, limits: limits).problem == nil)
    }

    /// Limits under which deltas make every blob in pieces.
    private var inPieces: PushLimits {
        var limits = PushLimits()
        limits.heldBytes = 0
        return limits
    }

    /// Whether the quarantine holds each blob of a git repository as git has it.
    private func hasBlobs(of folder: String, _ quarantine: Quarantine, _ hub: TestStore) async throws -> Bool {
        let names = try await hub.git(
            "cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)", in: folder
        ).text.split(separator: "\n").filter { $0.hasSuffix(" blob") }
        for name in names {
            let id = try ObjectID(parsing: name.prefix(40))
            var bytes: [UInt8] = []
            try await quarantine.forEachPiece(of: id) { bytes += $0 }
            guard try await bytes == hub.git("cat-file", "blob", id.hex, in: folder) else { return false }
        }
        return !names.isEmpty
    }

    @Test func `files that deltas make in pieces are what git has`() async throws {
        let hub = try await TestStore()
        let (work, _) = try await work(
            hub,
            "seq 1 300000 >f; cp f g; git add .; git commit -qm 0; for i in 1 2 3 4 5 6; do "
                + "sed -i \"$((i*40000))s/.*/changed $i/\" f; seq $i 90000 >>g; git add .; git commit -qm $i; done; seq 9 >h"
        )
        let head = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        let pack = try await hub.pack("HEAD", in: work)
        let request = PushRequest(commands: [(nil, head, "refs/heads/main")], pack: pack)
        #expect(pack.count < 3 << 20)

        let quarantine = try #require(try await hub.receive(request, limits: inPieces).quarantine)

        #expect(try await hasBlobs(of: work, quarantine, hub))
        #expect(try await hub.check(try hub.receive(request, limits: inPieces)).files.count == 2 * 6 + 2)
    }

    @Test func `a long file of a thin pack stands on what the repository has`() async throws {
        let hub = try await TestStore()
        let (work, request) = try await work(hub, "seq 1 900000 >f")
        try await hub.push(request)
        let old = request.commands[0].new
        try await hub.shell("sed -i '450000s/.*/changed/' f; git commit -qam 2", in: work)
        let head = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        let pack = try await hub.pack("HEAD ^HEAD~1", in: work, "--thin")
        let id = try await ObjectID(parsing: hub.git("rev-parse", "HEAD:f", in: work).line)
        var limits = PushLimits()
        (limits.objectBytes, limits.heldBytes, limits.fileBytes) = (1 << 20, 1 << 20, 16 << 20)

        let push = try await hub.receive(
            PushRequest(commands: [(old, head, "refs/heads/main")], pack: pack), limits: limits)

        var bytes: [UInt8] = []
        var longest = 0
        try await #require(push.quarantine, "\(push.problem ?? "")").forEachPiece(of: id) { piece in
            bytes += piece
            longest = max(longest, piece.count)
        }
        #expect(pack.count < 10_000)
        #expect(try await bytes == hub.git("cat-file", "blob", id.hex, in: work))
        #expect(longest <= 1 << 20)
    }

    @Test func `a file made by a delta may be only as long as is allowed`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell(
            "seq 1 900000 >f; git add .; git commit -qm 1; seq 2 900001 >f; git commit -qam 2", in: work)
        let head = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        let request = PushRequest(
            commands: [(nil, head, "refs/heads/main")], pack: try await hub.pack("HEAD", in: work))
        var limits = PushLimits()
        (limits.objectBytes, limits.heldBytes, limits.fileBytes) = (1 << 20, 1 << 20, 5 << 20)
        #expect(try await hub.receive(request, limits: limits).problem?.contains("git-lfs") == true)
        limits.fileBytes = 16 << 20
        #expect(try await hub.receive(request, limits: limits).problem == nil)
        limits.inflatedBytes = 10 << 20
        #expect(try await hub.receive(request, limits: limits).problem?.contains("inflates to more") == true)
    }

    @Test(arguments: [4_200_000, 6_000_000])
    func `a blob that says another length than it has is refused`(claimed: Int) async throws {
        let hub = try await TestStore()
        let (folder, _) = try await work(hub, "seq 1 700000 >f")
        let bytes = try await hub.git("cat-file", "blob", "HEAD:f", in: folder)
        let deflated = try await hub.looseBlob(bytes)
        let request = PushRequest(
            commands: [(nil, .zero.next, "refs/heads/main")],
            pack: HandPack.bytes(ofParts: [HandPack.entry(3, claimed, deflated)]))

        let problem = try await hub.receive(request).problem

        #expect(problem?.contains("damaged") == true, "\(problem ?? "accepted")")
    }
}

extension TestStore {
    /// The zlib stream of a blob, as git writes it into a pack.
    fileprivate func looseBlob(_ bytes: [UInt8]) async throws -> [UInt8] {
        let id = try await git("hash-object", "-w", "--stdin", in: "\(folder)/work", input: bytes).line
        let pack = try await git("pack-objects", "--stdout", "-q", in: "\(folder)/work", input: Array("\(id)\n".utf8))
        // The header of the pack, four bytes of kind and size, and the checksum at the end.
        return Array(pack.dropFirst(12 + 4).dropLast(20))
    }
}
