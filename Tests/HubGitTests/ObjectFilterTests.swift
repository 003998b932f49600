import Testing

import HubGit

@Suite struct ObjectFilterTests {
    @Test(arguments: [
        ("blob:none", "0 1"), ("blob:limit=1k", "1 1"), ("tree:0", "0 0"), ("tree:1", "0 1"),
        ("object:type=commit", "0 0"), ("object:type=tree", "0 1"),
        ("combine:tree:2+blob:limit=5", "1 1"), ("combine:tree%3A2+blob%3Anone", "0 1"),
    ])
    func `a filter takes blobs beside the root tree, and the root tree, or not`(text: String, takes: String) throws {
        let filter = try ObjectFilter(parsing: text)

        #expect("\(filter.takes(.blob, depth: 1) ? 1 : 0) \(filter.takes(.tree, depth: 0) ? 1 : 0)" == takes)
    }

    @Test(arguments: ["tree:0", "tree:1", "blob:none", "combine:tree:0+blob:none"])
    func `a filter of trees and blobs leaves out no commit and no tag`(text: String) throws {
        let filter = try ObjectFilter(parsing: text)

        #expect(filter.takes(.commit, depth: 0) && filter.takes(.tag, depth: 0))
    }

    @Test func `the smallest of several limits counts`() throws {
        #expect(try ObjectFilter(parsing: "combine:blob:limit=2m+blob:limit=3k").blobLimit == 3 << 10)
    }

    @Test(arguments: [
        "", "blob", "blob:limit=", "blob:limit=-1", "blob:limit=99999999999g", "tree:-1", "tree:x",
        "sparse:oid=main:x", "object:type=thing", "combine:blob:none+what", "combine:",
        "combine:" + Array(repeating: "tree:1", count: 33).joined(separator: "+"),
        "combine:combine:combine:combine:combine:tree:1",
    ])
    func `anything else is an error`(text: String) {
        #expect(throws: GitError.self) { try ObjectFilter(parsing: text) }
    }
}
