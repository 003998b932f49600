import HubCore
import HubDatabase
import HubGit
import Testing

/// What no ref reaches goes, after a while.
@Suite struct SweepTests {
    /// Main and side with 60 commits each, of which side's are its own, pushed; the files are alike enough for deltas.
    private func grown(_ hub: TestStore) async throws -> String {
        let work = try await hub.makeRepository()
        try await hub.shell(
            """
            seq 1 900 >f; git add .; git commit -qm 0; git branch side
            for i in $(seq 1 60); do echo "main $i" >>f; git commit -qam "m$i"; done
            git checkout -q side; mkdir d
            for i in $(seq 1 60); do echo "side $i" >>f; echo $i >d/$i; git add .; git commit -qm "s$i"; done
            git tag -am note v1 side~30; git tag -am more v2 v1
            """, in: work)
        try await push("main", of: work, to: hub)
        try await push("side", of: work, to: hub)
        return work
    }

    private func push(_ name: String, of work: String, to hub: TestStore, in repository: Int64 = 1) async throws {
        let refs = try await hub.store.read(repository) { git in try git.refs() }
        let full = try await hub.git("rev-parse", "--symbolic-full-name", name, in: work).line
        let new = try await ObjectID(parsing: hub.git("rev-parse", name, in: work).line)
        let hidden = refs.map { "^\($0.target.hex)" }.joined(separator: " ")
        let pack = try await hub.pack("\(name) \(hidden)", in: work)
        let old = refs.first { $0.name.name == full }?.target
        try await hub.push(PushRequest(commands: [(old, new, full)], pack: pack), to: repository)
    }

    private func delete(_ branch: String, of hub: TestStore, in repository: Int64 = 1) async throws {
        try await hub.store.write(repository) { git in
            let ref = try #require(try git.refs().first { $0.name.name == "refs/heads/\(branch)" })
            try git.move(ref.name, from: ref.target, to: nil)
        }
    }

    private func sweepTwice(_ hub: TestStore) async throws -> ObjectSweepResult {
        _ = try await hub.store.sweep(grace: 100, now: 1000)
        return try await hub.store.sweep(grace: 100, now: 1100)
    }

    private func count(_ hub: TestStore, _ table: String = "git_object") async throws -> Int {
        try await hub.database.read { connection in
            try connection.queryOne("SELECT COUNT(*) FROM \(table)")?.int(0) ?? 0
        }
    }

    /// All objects of a clone, which stock git finds sound.
    private func clone(_ tips: [String], of work: String, from hub: TestStore) async throws -> [String] {
        let folder = try await hub.makeRepository("clone-\(tips.joined())")
        var lines: [String] = []
        for (place, tip) in tips.enumerated() {
            let id = try await hub.git("rev-parse", tip, in: work).line
            lines.append("want \(id)\(place == 0 ? " side-band-64k ofs-delta" : "")")
        }
        let answer = try await hub.fetch(lines + ["flush", "done"])
        try await hub.git("index-pack", "--strict", "--stdin", in: folder, input: answer.pack)
        let found = try await hub.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)", in: folder).line
        try await hub.shell("rm -rf \(folder)", in: work)
        return found.split(separator: "\n").map(String.init)
    }

    private func reached(_ tips: [String], in work: String, _ hub: TestStore) async throws -> [String] {
        let lines = try await hub.git(
            "rev-list", "--objects", "--no-object-names", "--stdin", in: work,
            input: Array((tips.joined(separator: "\n") + "\n").utf8))
        return lines.line.split(separator: "\n").map(String.init).sorted()
    }

    @Test func `just what git reaches is left`() async throws {
        let hub = try await TestStore()
        let work = try await grown(hub)
        try await delete("side", of: hub)

        let marked = try await hub.store.sweep(grace: 100, now: 1000)
        let early = try await hub.store.sweep(grace: 100, now: 1099)
        let before = try await count(hub)
        let due = try await hub.store.sweep(grace: 100, now: 1100)
        let again = try await hub.store.sweep(grace: 100, now: 9999)

        let main = try await reached(["main"], in: work, hub)
        #expect(marked.waiting == before - main.count && marked.removed == 0)
        #expect(early == marked)
        #expect(due.removed == marked.waiting && due.waiting == 0 && due.bytes > 1000)
        #expect(again == ObjectSweepResult())
        #expect(try await count(hub) == main.count)
        #expect(try await count(hub, "git_unreached") == 0)
        #expect(try await clone(["main"], of: work, from: hub) == main)
    }

    @Test func `tags keep what they name, each tag object of a chain included`() async throws {
        let hub = try await TestStore()
        let work = try await grown(hub)
        try await push("v2", of: work, to: hub)
        try await delete("side", of: hub)

        let swept = try await sweepTwice(hub)

        let kept = try await reached(["main", "v2"], in: work, hub)
        #expect(swept.removed > 30)
        #expect(try await count(hub) == kept.count)
        #expect(try await clone(["main", "v2"], of: work, from: hub) == kept)
    }

    @Test func `a fork keeps what its parent has left behind`() async throws {
        let hub = try await TestStore()
        let work = try await grown(hub)
        try await hub.store.write(2) { git in try git.copyRefs(from: 1) }
        let all = try await count(hub)
        try await hub.store.write(1) { git in try git.removeAll() }

        #expect(try await sweepTwice(hub) == ObjectSweepResult())
        #expect(try await count(hub) == all)

        try await hub.store.write(2) { git in try git.removeAll() }
        #expect(try await sweepTwice(hub).removed == all)
        #expect(try await count(hub, "git_delta") == 0)
        _ = work
    }

    @Test func `what somebody pushes again is not removed`() async throws {
        let hub = try await TestStore()
        let work = try await grown(hub)
        try await delete("side", of: hub)
        _ = try await hub.store.sweep(grace: 100, now: 1000)
        try await push("side", of: work, to: hub, in: 2)
        #expect(try await count(hub, "git_unreached") == 0)
        try await delete("side", of: hub, in: 2)

        // It was used in between, so it is not old yet.
        let swept = try await hub.store.sweep(grace: 100, now: 1100)

        #expect(swept.removed == 0 && swept.waiting > 100)
    }

    @Test func `what the hub writes again is not removed`() async throws {
        let hub = try await TestStore()
        try await hub.commit([.put("a", "1")])
        try await hub.commit([.put("b", "2")], to: RefName(parsing: "refs/heads/side"))
        try await delete("side", of: hub)
        let marked = try await hub.store.sweep(grace: 100, now: 1000)

        try await hub.commit([.put("b", "2")], to: RefName(parsing: "refs/heads/side"))

        #expect(marked.waiting == 3)
        #expect(try await count(hub, "git_unreached") == 0)
    }

    @Test func `a sweep sees what a push has brought back while it ran`() async throws {
        let hub = try await TestStore()
        let work = try await grown(hub)
        try await delete("side", of: hub)
        _ = try await hub.store.sweep(grace: 100, now: 1000)
        try await push("side", of: work, to: hub)
        // As if the sweep before had written it down after the push.
        try await hub.database.write { connection in
            try connection.execute("INSERT INTO git_unreached (number, since) SELECT number, 0 FROM git_object")
        }

        let swept = try await hub.store.sweep(grace: 100, now: 2000)

        #expect(swept == ObjectSweepResult())
        #expect(try await count(hub, "git_unreached") == 0)
    }

    @Test func `objects whose deltas stood on what is gone are sent whole`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell(
            "seq 1 5000 >f; git add .; git commit -qm 1; git branch old; git checkout -q --orphan new; "
                + "seq 2 5000 >f; git add .; git commit -qm 2", in: work)
        let (old, new) = (
            try await ObjectID(parsing: hub.git("rev-parse", "old", in: work).line),
            try await ObjectID(parsing: hub.git("rev-parse", "new", in: work).line)
        )
        let pack = try await hub.pack("old new", in: work)
        try await hub.push(
            PushRequest(commands: [(nil, old, "refs/heads/old"), (nil, new, "refs/heads/new")], pack: pack))
        let file = try await ObjectID(parsing: hub.git("rev-parse", "new:f", in: work).line)
        let deltas = try await hub.database.read { connection in
            try connection.query(
                "SELECT id FROM git_object JOIN git_delta ON git_object.number = git_delta.object"
            ).map { try $0.objectID(0) }
        }
        #expect(deltas == [file])
        try await delete("old", of: hub)

        #expect(try await sweepTwice(hub).removed == 3)

        #expect(try await count(hub, "git_delta") == 0)
        #expect(try await clone(["new"], of: work, from: hub) == reached(["new"], in: work, hub))
    }

    @Test func `lists of what a branch reached are not believed when the branch comes back`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell(
            "git commit -qm 0 --allow-empty; git branch keep; for i in $(seq 1 1200); do echo $i >$i; done; "
                + "git add .; git commit -qm files", in: work)
        try await push("keep", of: work, to: hub)
        try await push("main", of: work, to: hub)
        try await hub.store.keepClosures(of: 1)
        #expect(try await count(hub, "git_closure") > 0)
        try await delete("main", of: hub)

        #expect(try await sweepTwice(hub).removed > 1200)
        #expect(try await count(hub, "git_closure") == 0)
        try await push("main", of: work, to: hub)

        #expect(try await clone(["main"], of: work, from: hub) == reached(["main"], in: work, hub))
    }

    @Test func `nor are they when all refs had gone`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell("for i in $(seq 1 1200); do echo $i >$i; done; git add .; git commit -qm files", in: work)
        try await hub.shell("git tag only; git checkout -q --detach; git branch -D main", in: work)
        try await push("only", of: work, to: hub)
        try await hub.store.keepClosures(of: 1)
        #expect(try await count(hub, "git_closure") > 0)
        try await hub.store.write(1) { git in
            for ref in try git.refs() { try git.move(ref.name, from: ref.target, to: nil) }
        }

        #expect(try await sweepTwice(hub).removed > 1200)
        #expect(try await count(hub, "git_closure") == 0)
        try await push("only", of: work, to: hub)

        #expect(try await clone(["only"], of: work, from: hub) == reached(["only"], in: work, hub))
    }

    @Test func `what a merge makes again is not removed`() async throws {
        let hub = try await TestStore()
        let (side, other): (RefName, RefName) = (
            try RefName(parsing: "refs/heads/side"), try RefName(parsing: "refs/heads/other")
        )
        let lines = (1...20).map { "\($0)\n" }
        func text(_ changed: Int...) -> String {
            lines.enumerated().map { changed.contains($0.offset) ? "changed\n" : $0.element }.joined()
        }
        let base = try await hub.commit([.put("f", text())])
        try await hub.store.write(1) { git in try git.move(side, from: nil, to: base) }
        let ours = try await hub.commit([.put("f", text(1))])
        let theirs = try await hub.commit([.put("f", text(18))], to: side)
        // What the merge will come to, as somebody made it before and dropped it.
        try await hub.commit([.put("f", text(1, 18))], to: other)
        try await delete("other", of: hub)
        #expect(try await hub.store.sweep(grace: 100, now: 1000).waiting == 3)

        let merge = try await hub.store.read(1) { git in
            try git.mergeTrees(base: base, ours: ours, theirs: theirs)
        }
        let merged = try await hub.store.write(1) { git in
            let commit = try git.commit(merge, resolving: [:], author: .tester(), message: "merge")
            try git.move(.main, from: ours, to: commit)
            return commit
        }

        #expect(try await count(hub, "git_unreached") == 1)
        #expect(try await hub.store.sweep(grace: 100, now: 1100).removed == 1)
        let file = try await hub.store.read(1) { git in
            try git.readBlob(try #require(try git.entry(at: "f", in: merged)).id, limit: 1000)
        }
        #expect(file.text == text(1, 18))
    }

    @Test func `a list of many objects is removed in parts`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell(
            "for i in $(seq 1 6); do head -c 5000000 /dev/urandom >$i; done; for i in $(seq 1 900); do echo $i >s$i; done; "
                + "git add .; git commit -qm files", in: work)
        try await push("main", of: work, to: hub)
        try await delete("main", of: hub)

        let swept = try await sweepTwice(hub)

        #expect(swept.removed == 908 && swept.waiting == 0 && swept.bytes > 30_000_000)
        #expect(try await count(hub) == 0)
    }

    @Test func `nothing is removed from a store in which something is missing`() async throws {
        let hub = try await TestStore()
        try await hub.commit([.put("a", "1")])
        try await hub.commit([.put("b", "2")], to: RefName(parsing: "refs/heads/side"))
        try await delete("side", of: hub)
        _ = try await hub.store.sweep(grace: 100, now: 1000)
        let lost = try await ObjectID(parsing: hub.git("hash-object", "--stdin", input: Array("1".utf8)).line)
        try await hub.database.write { connection in
            try connection.execute("DELETE FROM git_object WHERE id = ?", [lost])
        }

        let error = await #expect(throws: GitError.self) { _ = try await hub.store.sweep(grace: 100, now: 1100) }

        #expect(error?.message == "repository 1: git object \(lost) is missing")
        #expect(try await count(hub) == 5)
    }
}
