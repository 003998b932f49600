import Foundation
import HubCore
import HubGit
import Testing

/// Bare repositories in a folder, made by stock git.
@Suite struct BareRepositoryTests {
    /// A store, and the path of a bare repository with two commits on main.
    private func make() async throws -> (TestStore, String) {
        let test = try await TestStore()
        let work = try await test.makeRepository()
        try await test.shell(
            """
            mkdir -p deep/er && echo one > deep/er/file && echo same > same && git add . && git commit -q -m one &&
            echo two > deep/two && git add . && git commit -q -m two && git clone -q --bare . ../bare.git
            """, in: work)
        return (test, test.folder + "/bare.git")
    }

    private func id(_ revision: String, in path: String, _ test: TestStore) async throws -> ObjectID {
        try await ObjectID(parsing: test.git("rev-parse", revision, in: path).line)
    }

    @Test func `all that a branch reaches is taken, and is sound`() async throws {
        let (test, path) = try await make()
        let head = try await id("main", in: path, test)
        let quarantine = try BareRepository(path: path)
            .quarantine([head], hiding: [], scratch: test.folder, limits: PushLimits())
        let count = try await test.git("rev-list", "--objects", "--count", "main", in: path).line
        #expect("\(quarantine.objectCount)" == count)
        let content = try await test.store.read(1, with: quarantine) { git in try git.newContent(in: [head]) }
        #expect(content.commits.count == 2)
        #expect(content.problems.isEmpty)
    }

    @Test func `what was there before is left out`() async throws {
        let (test, path) = try await make()
        let (head, before) = (try await id("main", in: path, test), try await id("main~1", in: path, test))
        let quarantine = try BareRepository(path: path)
            .quarantine([head], hiding: [before], scratch: test.folder, limits: PushLimits())
        // A commit, two trees and a file.
        #expect(quarantine.objectCount == 4)
    }

    @Test func `refs that a hub cannot have are told with a reason`() async throws {
        let (test, path) = try await make()
        try await test.shell(
            """
            git tag -a -m note heavy main && git update-ref refs/tags/tree main^{tree} &&
            git update-ref refs/notes/commits main && git symbolic-ref refs/heads/other refs/heads/main
            """, in: path)
        let refs = try BareRepository(path: path).refs()
        #expect(refs.taken.map(\.name.name) == ["refs/heads/main", "refs/heads/other", "refs/tags/heavy"])
        let head = try await id("main", in: path, test)
        #expect(refs.taken.map(\.commit) == Array(repeating: head, count: 3))
        #expect(refs.leftOut.map(\.name).sorted() == ["refs/notes/commits", "refs/tags/tree"])
        #expect(refs.leftOut.allSatisfy { !$0.reason.isEmpty })
    }

    @Test func `refs are found in a list that says it is sorted and is not`() async throws {
        let (test, path) = try await make()
        let head = try await id("main", in: path, test)
        let names = (0..<40).map { "refs/heads/branch-\($0)" }
        let lines = names.reversed().map { "\(head.hex) \($0)\n" }.joined()
        try "# pack-refs with: peeled fully-peeled sorted \n\(head.hex) refs/heads/main\n\(lines)"
            .write(toFile: path + "/packed-refs", atomically: false, encoding: .utf8)
        try await test.git("symbolic-ref", "refs/heads/other", "refs/heads/branch-7", in: path)
        let refs = try BareRepository(path: path).refs()
        #expect(refs.leftOut.map(\.reason) == [])
        #expect(Set(refs.taken.map(\.name.name)) == Set(names + ["refs/heads/main", "refs/heads/other"]))
        #expect(refs.taken.count == 42)
    }

    @Test func `a ref that leads in a circle or nowhere is left out`() async throws {
        let (test, path) = try await make()
        try await test.shell(
            """
            git symbolic-ref refs/heads/a refs/heads/b && git symbolic-ref refs/heads/b refs/heads/a &&
            git symbolic-ref refs/heads/lost refs/heads/nowhere
            """, in: path)
        let refs = try BareRepository(path: path).refs()
        #expect(refs.taken.map(\.name.name) == ["refs/heads/main"])
        #expect(refs.leftOut.map(\.name) == ["refs/heads/a", "refs/heads/b", "refs/heads/lost"])
    }

    @Test func `a detached HEAD stands for the branch git would take`() async throws {
        let (test, path) = try await make()
        let (head, before) = (try await id("main", in: path, test), try await id("main~1", in: path, test))
        try await test.shell("git branch after main && git branch before main~1", in: path)
        let refs = try BareRepository(path: path).refs().taken
        #expect(try BareRepository(path: path).head == .branch(.main))
        try await test.git("update-ref", "--no-deref", "HEAD", before.hex, in: path)
        let detached = try BareRepository(path: path).head
        #expect(detached == .detached(at: before))
        #expect(detached.branch(among: refs)?.name == "refs/heads/before")
        #expect(BareRepository.Head.detached(at: head).branch(among: refs) == .main)
        #expect(BareRepository.Head.detached(at: .zero).branch(among: refs) == nil)
        try await test.git("symbolic-ref", "HEAD", "refs/other/x", in: path)
        #expect(try BareRepository(path: path).head == .other("refs/other/x"))
    }

    /// What is said about a repository when its main is to be taken.
    private func complaint(about path: String, _ test: TestStore, _ head: ObjectID) -> String {
        do {
            _ = try BareRepository(path: path)
                .quarantine([head], hiding: [], scratch: test.folder, limits: PushLimits())
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func `an object that is missing is told, with what tells more`() async throws {
        let (test, path) = try await make()
        let (head, before) = (try await id("main", in: path, test), try await id("main~1", in: path, test))
        for lost in [before, head] {
            try await test.shell("rm -f objects/\(lost.hex.prefix(2))/\(lost.hex.dropFirst(2))", in: path)
            #expect(
                complaint(about: path, test, head).hasPrefix("object \(lost) is missing: the repository is damaged"))
        }
        let left = try #require(try BareRepository(path: path).refs().leftOut.first)
        #expect(left.name == "refs/heads/main")
        #expect(left.reason.contains("object \(head) is missing") && left.reason.contains("git -C \(path) fsck"))
    }

    @Test func `a shallow repository says how the rest comes, and is taken then`() async throws {
        let (test, path) = try await make()
        let head = try await id("main", in: path, test)
        let shallow = test.folder + "/shallow.git"
        try await test.git("clone", "-q", "--bare", "--depth", "1", "file://" + path, shallow)
        #expect(complaint(about: shallow, test, head).contains("git -C \(shallow) fetch --unshallow"))
        try await test.git("fetch", "-q", "--unshallow", in: shallow)
        #expect(complaint(about: shallow, test, head) == "")
    }

    @Test func `a partial clone says how the rest comes, and is taken then`() async throws {
        let (test, path) = try await make()
        let head = try await id("main", in: path, test)
        let partial = test.folder + "/partial.git"
        try await test.git("config", "uploadpack.allowFilter", "true", in: path)
        try await test.git("clone", "-q", "--bare", "--filter=blob:none", "file://" + path, partial)
        let complaint = complaint(about: partial, test, head)
        let command = try #require(complaint.split(separator: "`").dropFirst().first)
        #expect(complaint.contains("is a partial clone") && command.hasPrefix("git -C \(partial) fetch --refetch"))
        try await test.shell(String(command), in: test.folder)
        #expect(self.complaint(about: partial, test, head) == "")
    }

    @Test func `a repository of SHA-256 is refused for that`() async throws {
        let test = try await TestStore()
        let path = test.folder + "/new.git"
        try await test.git("init", "-q", "--bare", "--object-format=sha256", path)
        #expect(complaint(about: path, test, .zero).contains("named by 'sha256' (extensions.objectFormat)"))
    }

    @Test(arguments: [("true", true), ("yes", true), ("false", false), ("maybe", false)])
    func `only a clear yes lets anybody push`(_ value: String, _ isOpen: Bool) async throws {
        let (test, path) = try await make()
        #expect(try !BareRepository(path: path).takesAnonymousPushes)
        try await test.git("config", "http.receivepack", value, in: path)
        #expect(try BareRepository(path: path).takesAnonymousPushes == isOpen)
    }

    @Test(arguments: [("true", false), ("false", true), ("no", true), ("maybe", false)])
    func `a push takes a branch back unless the owner forbade that`(_ value: String, _ mayRewind: Bool) async throws {
        let (test, path) = try await make()
        #expect(try BareRepository(path: path).letsPushesRewind)
        try await test.git("config", "receive.denyNonFastForwards", value, in: path)
        #expect(try BareRepository(path: path).letsPushesRewind == mayRewind)
    }

    @Test func `an object over the limit is refused before it is read`() async throws {
        let (test, path) = try await make()
        var limits = PushLimits()
        limits.objectBytes = 3
        let head = try await id("main", in: path, test)
        #expect(throws: GitError.self) {
            try BareRepository(path: path).quarantine([head], hiding: [], scratch: test.folder, limits: limits)
        }
    }

    @Test func `an object that rotted is refused`() async throws {
        let (test, path) = try await make()
        let head = try await id("main", in: path, test)
        try await test.shell(
            """
            mv objects/pack packs && mkdir objects/pack; for pack in packs/*.pack; do git unpack-objects -q < $pack; done
            file=$(git rev-parse main:same) && name=objects/$(echo $file | cut -c1-2)/$(echo $file | cut -c3-) &&
            other=$(git rev-parse main:deep/two) &&
            chmod u+w $name && cp objects/$(echo $other | cut -c1-2)/$(echo $other | cut -c3-) $name
            """, in: path)
        #expect(throws: GitError.self) {
            try BareRepository(path: path)
                .quarantine([head], hiding: [], scratch: test.folder, limits: PushLimits())
        }
    }

    @Test func `a branch goes forward only along its history`() async throws {
        let (test, path) = try await make()
        let (head, before) = (try await id("main", in: path, test), try await id("main~1", in: path, test))
        let bare = try BareRepository(path: path)
        let (isForward, isBack) = (
            try bare.isForward(from: before, to: head), try bare.isForward(from: head, to: before)
        )
        let isKnown = try bare.isForward(from: .zero, to: head)
        #expect(isForward && !isBack && !isKnown)
    }

    @Test func `a folder that is no bare repository is refused`() async throws {
        let test = try await TestStore()
        #expect(throws: GitError.self) { _ = try BareRepository(path: test.folder) }
    }
}
