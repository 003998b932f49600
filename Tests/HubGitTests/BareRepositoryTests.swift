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
