import HubCore
import HubGit
import Testing

/// Many refs moved together, whose names are compared in memory.
@Suite struct ManyRefsTests {
    /// Creates branches with these names in one go, beside `present`, and returns what it is told of the one that
    /// cannot be.
    private func create(
        _ names: [String], beside present: [String] = ["main"], deleting deleted: [String] = []
    ) async throws -> (problem: String?, refs: [String]) {
        let hub = try await TestStore()
        let commit = try await hub.commit([.put("f", "1")])
        for name in present where name != "main" { try await hub.commit([.put("f", name)], to: RefName(branch: name)) }
        var problem: String?
        do {
            try await hub.store.write(1) { git in
                try git.moveMany(names.count + deleted.count, to: [commit]) {
                    for name in deleted {
                        let ref = try RefName(branch: name)
                        try git.move(ref, from: git.ref(ref)?.target, to: nil)
                    }
                    for name in names { try git.move(RefName(branch: name), from: nil, to: commit) }
                }
            }
        } catch let error as GitError {
            problem = error.message
        }
        return (problem, try await hub.store.read(1) { git in try git.refs().map(\.name.short) })
    }

    private let many = (0..<30).map { "folder/\($0)" }

    @Test func `all of them are there afterwards`() async throws {
        let (problem, refs) = try await create(many)
        #expect(problem == nil)
        #expect(refs == (many + ["main"]).sorted())
    }

    @Test(arguments: [
        ("MAIN", "refs/heads/main"), ("main/below", "refs/heads/main"), ("folder", "refs/heads/folder/"),
        ("Folder/1", "refs/heads/folder/1"), ("folder/2/below", "refs/heads/folder/2"), ("old", "refs/heads/old/one"),
    ])
    func `none is created beside a name it clashes with, be that old or new`(name: String, other: String) async throws {
        let (problem, refs) = try await create(many + [name], beside: ["main", "old/one"])
        #expect(
            problem?.hasPrefix("refs/heads/\(name) cannot exist beside \(other)") == true, "\(problem ?? "created")")
        #expect(refs == ["main", "old/one"])
    }

    @Test func `a name that is there already has moved`() async throws {
        let (problem, _) = try await create(many + ["main"])
        #expect(problem == "refs/heads/main has moved")
    }

    @Test func `a ref may come where a folder of refs has gone`() async throws {
        let (problem, refs) = try await create(many + ["old"], beside: ["main", "old/one"], deleting: ["old/one"])
        #expect(problem == nil)
        #expect(refs.contains("old") && !refs.contains("old/one"))
    }
}
