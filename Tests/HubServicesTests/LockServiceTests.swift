import HubCore
import HubDatabase
import HubGit
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct LockServiceTests {
    /// A repository of an organisation with two people who may push, and one who may only propose.
    struct Team {
        let test: TestHub
        let record: RepositoryRecord
        let base: CommitID
        let ada: Caller
        let ben: Caller
        let cleo: Caller

        init() async throws {
            test = try await TestHub()
            ada = try await test.user("ada")
            ben = try await test.user("ben")
            cleo = try await test.user("cleo")
            _ = try await test.hub.accounts.createOrganization("acme", administrator: "ada")
            try await test.hub.accounts.setMember("ben", of: "acme", role: .write)
            try await test.hub.accounts.setMember("cleo", of: "acme", role: .contribute)
            record = try await test.repository("acme/model", by: ada)
            base = try await test.push(["one.txt": "one", "two.txt": "two"], to: record, by: ada)
        }

        func lock(_ path: String, by caller: Caller) async throws -> FileLock {
            let outcome = try await test.hub.locks.lock(path, in: record.id, by: caller)
            guard case .locked(let lock) = outcome else { throw HubError.conflict("locked before") }
            return lock
        }
    }

    @Test func `a path is locked once, whoever asks again`() async throws {
        let team = try await Team()
        let lock = try await team.lock("one.txt", by: team.ada)
        for caller in [team.ada, team.ben] {
            let outcome = try await team.test.hub.locks.lock("one.txt", in: team.record.id, by: caller)
            guard case .taken(let other) = outcome else { Issue.record("locked twice"); continue }
            #expect(other == lock)
        }
    }

    @Test func `somebody else's lock is opened by force and with the role write only`() async throws {
        let team = try await Team()
        let locks = team.test.hub.locks
        let lock = try await team.lock("one.txt", by: team.ada)
        for (caller, force) in [(team.ben, false), (team.cleo, true), (team.cleo, false)] {
            await #expect(throws: HubError.self) {
                try await locks.unlock(lock.id, force: force, in: team.record.id, by: caller)
            }
        }
        #expect(try await locks.unlock(lock.id, force: true, in: team.record.id, by: team.ben) == lock)
        let own = try await team.lock("one.txt", by: team.cleo)
        #expect(try await locks.unlock(own.id, force: false, in: team.record.id, by: team.cleo) == own)
    }

    @Test func `a lock of another repository is not found`() async throws {
        let team = try await Team()
        let other = try await team.test.repository("ben/model", by: team.ben)
        let lock = try await team.lock("one.txt", by: team.ada)
        await #expect(throws: HubError.notFound("ben/model has no lock \(lock.id)")) {
            try await team.test.hub.locks.unlock(lock.id, force: true, in: other.id, by: team.ben)
        }
    }

    @Test func `pages hold every lock once, and tell one's own from others'`() async throws {
        let team = try await Team()
        for number in 0..<5 { _ = try await team.lock("\(number).bin", by: number == 2 ? team.ben : team.ada) }
        var ours: [String] = []
        var theirs: [String] = []
        var next: Int64?
        repeat {
            let page = try await team.test.hub.locks.verify(
                RowPageRequest(after: next, limit: 2), in: team.record.id, for: team.ben)
            ours += page.ours.map(\.path)
            theirs += page.theirs.map(\.path)
            next = page.next
        } while next != nil
        #expect(ours == ["2.bin"])
        #expect(theirs == ["0.bin", "1.bin", "3.bin", "4.bin"])
    }

    @Test(arguments: [("main", true), ("side", false)])
    func `a push that changes what another has locked is refused with file and owner`(
        _ branch: String, _ exists: Bool
    ) async throws {
        let team = try await Team()
        _ = try await team.lock("one.txt", by: team.ada)
        let author = Signature(name: "ben", email: "ben@example.org", seconds: team.test.clock.seconds)
        let base = team.base
        let tip = try await team.test.git.write(team.record.rowID) { git in
            try git.writeCommit(
                [.delete(path: "one.txt"), .put(path: "two.txt", bytes: [1])], onto: base, parents: [base],
                author: author, message: "change\n")
        }
        let update = Push.Update(try RefName(branch: branch), from: exists ? base : nil, to: tip)
        let error = await #expect(throws: HubError.self) {
            try await team.test.hub.pushes.publish(Push(to: team.record, by: team.ben, updates: [update], via: "test"))
        }
        guard case .refused(let findings)? = error else { Issue.record("\(String(describing: error))"); return }
        #expect(findings.map(\.path) == ["one.txt"])
        #expect(findings.first?.message.contains("locked by ada") == true)
    }

    @Test func `a locked file changed and changed back on the way is told by what is new`() async throws {
        let team = try await Team()
        _ = try await team.lock("one.txt", by: team.ada)
        let author = Signature(name: "ben", email: "ben@example.org", seconds: team.test.clock.seconds)
        let base = team.base
        let tip = try await team.test.git.write(team.record.rowID) { git in
            let there = try git.writeCommit(
                [.put(path: "one.txt", bytes: Array("other".utf8))], onto: base, parents: [base], author: author,
                message: "there\n")
            return try git.writeCommit(
                [.put(path: "one.txt", bytes: Array("one".utf8))], onto: there, parents: [there], author: author,
                message: "and back\n")
        }
        await #expect(throws: HubError.self) {
            try await team.test.hub.pushes.publish(
                Push(to: team.record, by: team.ben, updates: [.init(.main, from: base, to: tip)], via: "test"))
        }
    }

    @Test(arguments: [FileChange.delete(path: "one.txt"), .put(path: "one.txt", bytes: Array("two".utf8))])
    func `a locked file changed with known content and changed back is told by the commit on the way`(
        _ change: FileChange
    ) async throws {
        let team = try await Team()
        _ = try await team.lock("one.txt", by: team.ada)
        let author = Signature(name: "ben", email: "ben@example.org", seconds: team.test.clock.seconds)
        let base = team.base
        let tip = try await team.test.git.write(team.record.rowID) { git in
            let there = try git.writeCommit([change], onto: base, parents: [base], author: author, message: "there\n")
            return try git.writeCommit(
                [.put(path: "one.txt", bytes: Array("one".utf8)), .put(path: "new.txt", bytes: [1])], onto: there,
                parents: [there], author: author, message: "and back\n")
        }
        func push(by caller: Caller) async throws {
            try await team.test.hub.pushes.publish(
                Push(to: team.record, by: caller, updates: [.init(.main, from: base, to: tip)], via: "test"))
        }
        let error = await #expect(throws: HubError.self) { try await push(by: team.ben) }
        guard case .refused(let findings)? = error else { Issue.record("\(String(describing: error))"); return }
        #expect(findings.map(\.path) == ["one.txt"])
        try await push(by: team.ada)
    }

    @Test func `a merge that takes the owner's change from one side changes nothing itself`() async throws {
        let team = try await Team()
        _ = try await team.lock("one.txt", by: team.ada)
        let owners = try await team.test.push(
            ["one.txt": "by ada"], to: team.record, onto: team.base, branch: "main", by: team.ada)
        let author = Signature(name: "ben", email: "ben@example.org", seconds: team.test.clock.seconds)
        let base = team.base
        let tip = try await team.test.git.write(team.record.rowID) { git in
            let own = try git.writeCommit(
                [.put(path: "two.txt", bytes: [2])], onto: base, parents: [base], author: author, message: "own\n")
            return try git.writeCommit(
                [.put(path: "two.txt", bytes: [2])], onto: owners, parents: [owners, own], author: author,
                message: "merge\n")
        }
        try await team.test.hub.pushes.publish(
            Push(to: team.record, by: team.ben, updates: [.init(.main, from: owners, to: tip)], via: "test"))
    }

    @Test(arguments: [
        "a\u{202E}nib.txt", "a\nb", "a\u{0}b", "\u{2066}x", "x\u{200F}", "x\u{61C}y", "a/\u{85}b", "\u{7F}",
    ])
    func `a path that does not look like what it is is not locked`(_ path: String) async throws {
        let team = try await Team()
        let error = await #expect(throws: HubError.self) { try await team.lock(path, by: team.ada) }
        guard case .unprocessable(let sentence)? = error else { Issue.record("\(String(describing: error))"); return }
        #expect(sentence.contains("U+") && !sentence.contains(path))
    }

    @Test func `the owner of the lock, and whoever leaves the file alone, pushes as ever`() async throws {
        let team = try await Team()
        _ = try await team.lock("one.txt", by: team.ada)
        let next = try await team.test.push(["two.txt": "2"], to: team.record, onto: team.base, by: team.ben)
        try await team.test.push(["one.txt": "1"], to: team.record, onto: next, by: team.ada)
    }

    @Test func `locks go with their repository and are not a fork's`() async throws {
        let team = try await Team()
        _ = try await team.lock("one.txt", by: team.ada)
        let fork = try await team.test.hub.repositories.fork(
            team.record.id, to: RepositoryID(.model, parsing: "ben/copy"), visibility: nil, by: team.ben)
        try await team.test.push(["one.txt": "1"], to: fork, onto: team.base, by: team.ben)
        try await team.test.hub.repositories.delete(team.record.id, by: team.ada)
        let left = try await team.test.database.read { connection in
            try connection.queryOne("SELECT COUNT(*) FROM lfs_lock")?.int(0)
        }
        #expect(left == 0)
    }
}
