import HubCore
import HubGit
import Testing

@Suite struct PatchTests {
    private static func patch(
        _ old: [FileChange], _ new: [FileChange], limit: Int = 1 << 20
    ) async throws -> TreePatch {
        let test = try await TestStore()
        let first = try await test.commit(old)
        let second = try await test.commit(new)
        return try await test.store.read(1) { git in try git.patch(from: first, to: second, limit: limit) }
    }

    @Test func `a patch shows changed, added and removed files as git does`() async throws {
        let patch = try await Self.patch(
            [.put("a", "one\ntwo\n"), .put("b", "x\n")],
            [
                .put("a", "one\n2\n"), .delete(path: "b"),
                .put("c/d", "new\n"),
            ])
        #expect(patch.text.contains("@@ -1,2 +1,2 @@\n one\n-two\n+2\n"))
        #expect(patch.text.contains("deleted file mode 100644"))
        #expect(patch.text.contains("--- /dev/null\n+++ b/c/d\n@@ -0,0 +1 @@\n+new\n"))
        #expect(patch.omitted.isEmpty)
    }

    @Test func `a binary file is only said to differ`() async throws {
        let patch = try await Self.patch(
            [.put(path: "a", bytes: [0, 1, 2])], [.put(path: "a", bytes: [0, 1, 3])])
        #expect(patch.text.hasSuffix("Binary files a/a and b/a differ\n"))
    }

    @Test func `what does not fit is named and left out whole`() async throws {
        let patch = try await Self.patch(
            [.put("z", "z\n")],
            [
                .put("a", String(repeating: "line\n", count: 1000)),
                .put("b", "small\n"),
            ], limit: 500)
        #expect(patch.omitted == ["a"])
        #expect(patch.text.contains("+small\n"))
    }
}
