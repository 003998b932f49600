import HubCore
import HubDatabase
import HubGit
import Testing

/// Clones of repositories of which it is written down what they reach.
@Suite struct ClosureTests {
    /// A repository of 400 commits on main and 30 more on side, with a tag in the middle of each; pushed.
    private func grown(_ hub: TestStore) async throws -> String {
        let work = try await hub.makeRepository()
        var stream = ""
        for number in 1...430 {
            let branch = number <= 400 ? "main" : "side"
            let from = number == 401 ? "from :200\n" : ""
            stream += """
                commit refs/heads/\(branch)
                mark :\(number)
                committer Ada <ada@example.org> \(1_700_000_000 + number) +0000
                data 0
                \(from)M 644 inline d\(number % 7)/f\(number)
                data \(String(number).utf8.count)
                \(number)

                """
        }
        try await hub.git("fast-import", "--quiet", in: work, input: Array(stream.utf8))
        try await hub.shell("git tag -am t deep main~100; git tag -am t other side~10; git tag light main~50", in: work)
        try await push(["main", "side", "deep", "other", "light"], of: work, to: hub)
        return work
    }

    private func push(_ names: [String], of work: String, to hub: TestStore) async throws {
        let known = try await hub.store.read(1) { git in try git.refs().map { ($0.name.name, $0.target) } }
        let old = Dictionary(uniqueKeysWithValues: known)
        var commands: [(ObjectID?, ObjectID?, String)] = []
        for name in names {
            let full = try await hub.git("rev-parse", "--symbolic-full-name", name, in: work).line
            commands.append((old[full], try await ObjectID(parsing: hub.git("rev-parse", name, in: work).line), full))
        }
        let hidden = old.values.map { "^\($0.hex)" }.joined(separator: " ")
        try await hub.push(
            PushRequest(commands: commands, pack: hub.pack("\(names.joined(separator: " ")) \(hidden)", in: work)))
    }

    /// The objects of a first clone of `names`, as stock git finds them in the pack, in a store that remembers nothing.
    private func clone(
        _ names: [String], of work: String, from hub: TestStore, tags: Bool = false
    ) async throws -> String {
        let fresh = UploadPack(store: GitStore(database: hub.database))
        var body: [UInt8] = []
        for (place, name) in names.enumerated() {
            let words = place == 0 ? " ofs-delta\(tags ? " include-tag" : "")" : ""
            body += PushRequest.packet("want \(try await hub.git("rev-parse", name, in: work).line)\(words)\n")
        }
        body += Array("0000".utf8) + PushRequest.packet("done\n")
        var answer: [UInt8] = []
        for try await piece in try await fresh.answer(body, in: 1) { answer += piece }
        #expect(answer.starts(with: Array("0008NAK\nPACK".utf8)))
        let folder = try await hub.makeRepository("clone-\(answer.count)-\(names.joined())-\(tags)")
        try await hub.git("index-pack", "--strict", "--stdin", in: folder, input: Array(answer.dropFirst(8)))
        let found = try await hub.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)", in: folder).line
        try await hub.shell("rm -rf \(folder)", in: work)
        return found
    }

    /// What stock git says that `names` reach.
    private func reached(_ names: [String], in work: String, _ hub: TestStore) async throws -> String {
        let lines = try await hub.git(
            "rev-list", "--objects", "--no-object-names", "--stdin", in: work,
            input: Array((names.joined(separator: "\n") + "\n").utf8))
        return lines.line.split(separator: "\n").sorted().joined(separator: "\n")
    }

    private func parts(_ hub: TestStore) async throws -> [Int] {
        try await hub.database.read { connection in
            try connection.query("SELECT LENGTH(tips) FROM git_closure ORDER BY part").map { try $0.int(0) / 20 }
        }
    }

    private let everything = ["main", "side", "deep", "other", "light"]

    @Test func `clones hold what git says, whether or not it is written down`() async throws {
        let hub = try await TestStore()
        let work = try await grown(hub)
        let wishes = [everything, ["main"], ["side"], ["deep"], ["main", "other"], ["light"]]

        var walked: [String] = []
        for wish in wishes { walked.append(try await clone(wish, of: work, from: hub)) }
        try await hub.store.keepClosures(of: 1)

        #expect(try await parts(hub) == [1, 4])
        for (wish, before) in zip(wishes, walked) {
            let expected = try await reached(wish, in: work, hub)
            #expect(before == expected)
            #expect(try await clone(wish, of: work, from: hub) == expected)
        }
    }

    @Test func `annotated tags come along with what is written down, and no others`() async throws {
        let hub = try await TestStore()
        let work = try await grown(hub)
        try await hub.store.keepClosures(of: 1)

        #expect(
            try await clone(["main"], of: work, from: hub, tags: true) == reached(["main", "deep"], in: work, hub))
        #expect(
            try await clone(["side"], of: work, from: hub, tags: true) == reached(["side", "other"], in: work, hub))
    }

    @Test func `what is new since it was written down is sent as well, once`() async throws {
        let hub = try await TestStore()
        let work = try await grown(hub)
        try await hub.store.keepClosures(of: 1)
        // The first takes a file back that is written down already; the second brings a new one.
        try await hub.shell("git checkout -qf main; git rm -q d1/f1; git commit -qm gone", in: work)
        try await hub.shell("git checkout -q HEAD~1 -- d1/f1; echo new >new; git add .; git commit -qm back", in: work)
        try await push(["main"], of: work, to: hub)

        #expect(try await clone(everything, of: work, from: hub) == reached(everything, in: work, hub))
        #expect(try await clone(["main"], of: work, from: hub) == reached(["main"], in: work, hub))
    }

    @Test func `what a branch has left behind is not sent, although it is written down`() async throws {
        let hub = try await TestStore()
        let work = try await grown(hub)
        try await hub.store.keepClosures(of: 1)
        try await hub.shell(
            "git checkout -qf main; git reset -q --hard HEAD~150; git tag -d light; git update-ref -d refs/tags/deep",
            in: work)
        let old = try await hub.store.read(1) { git in try git.refs() }
        let head = try await ObjectID(parsing: hub.git("rev-parse", "main", in: work).line)
        try await hub.store.write(1) { git in
            for ref in old where ref.name.name.hasSuffix("light") || ref.name.name.hasSuffix("deep") {
                try git.move(ref.name, from: ref.target, to: nil)
            }
            try git.move(.main, from: try git.ref(.main)?.target, to: head)
        }

        #expect(try await clone(["main"], of: work, from: hub) == reached(["main"], in: work, hub))
        #expect(try await clone(["main", "other"], of: work, from: hub) == reached(["main", "other"], in: work, hub))
    }

    @Test func `nothing is written down anew for a little growth, and what was is forgotten with the repository`()
        async throws
    {
        let hub = try await TestStore()
        let work = try await grown(hub)
        try await hub.store.keepClosures(of: 1)
        let before = try await hub.database.read { connection in
            try connection.query("SELECT objects FROM git_closure ORDER BY part").map { try $0.blob(0) }
        }
        try await hub.shell("git checkout -qf main; echo new >new; git add .; git commit -qm new", in: work)
        try await push(["main"], of: work, to: hub)
        try await hub.store.keepClosures(of: 1)
        let after = try await hub.database.read { connection in
            try connection.query("SELECT objects FROM git_closure ORDER BY part").map { try $0.blob(0) }
        }
        try await hub.store.write(1) { git in try git.removeAll() }

        #expect(before == after)
        #expect(try await parts(hub).isEmpty)
        try await hub.store.keepClosures(of: 1)
        #expect(try await parts(hub).isEmpty)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a repository that has grown says so`() async throws {
        let hub = try await TestStore()
        hub.store.growth.note(7, objects: 999)
        hub.store.growth.note(8, objects: 5000)
        hub.store.growth.note(7, objects: 1)

        var grown = hub.store.growth.grown.makeAsyncIterator()
        #expect(await grown.next() == 8)
        #expect(await grown.next() == 7)
    }

    @Test func `objects and deltas of a database without numbers are the same with them`() async throws {
        let hub = try await TestStore(steps: 5)
        let objects = try await TestStore()
        let work = try await grown(objects)
        let found = try await objects.rows()
        try await hub.database.write { connection in
            for row in found.objects {
                try connection.execute("INSERT INTO git_object (id, kind, size, data) VALUES (?, ?, ?, ?)", row)
            }
            for row in found.deltas {
                try connection.execute(
                    "INSERT INTO git_delta (id, base, depth, size, data) VALUES (?, ?, ?, ?, ?)", row)
            }
        }

        try await hub.database.migrate(GitStore.migrations, dialect: .sqlite)

        let moved = try await hub.rows()
        #expect(found.deltas.count > 100)
        #expect(moved.objects == found.objects)
        #expect(moved.deltas == found.deltas)
        let head = try await ObjectID(parsing: hub.git("rev-parse", "main", in: work).line)
        try await hub.store.write(1) { git in try git.move(.main, from: nil, to: head) }
        #expect(try await clone(["main"], of: work, from: hub) == reached(["main"], in: work, objects))
    }
}

extension TestStore {
    /// All objects and deltas in the order of their names.
    fileprivate func rows() async throws -> (objects: [[SQLValue]], deltas: [[SQLValue]]) {
        try await database.read { connection in
            let objects = try connection.query("SELECT id, kind, size, data FROM git_object ORDER BY id")
            let deltas = try connection.query(
                """
                SELECT made.id, git_delta.base, depth, git_delta.size, git_delta.data FROM git_delta
                JOIN git_object AS made ON made.number = git_delta.object
                JOIN git_object AS under ON under.number = git_delta.base_object AND under.id = git_delta.base
                ORDER BY made.id
                """)
            return (objects.map(\.values), deltas.map(\.values))
        }
    }
}
