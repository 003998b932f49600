import ArgumentParser
import Foundation
import HubCore
import HubDatabase
import HubGit

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say in words what is wrong with a setup; changes nothing.",
        discussion: "Exits with 1 when something needs attention."
    )

    @OptionGroup var data: DataOption

    func run() async throws {
        let config = try data.configuration()
        var problems = 0
        for check in try await checks(of: config) {
            print(
                "\(check.problem == nil ? "ok      " : "PROBLEM ") \(check.name)\(check.problem.map { ": \($0)" } ?? check.remark)"
            )
            if check.problem != nil { problems += 1 }
        }
        guard problems == 0 else { throw ExitCode(1) }
    }

    private struct Check {
        let name: String
        var remark = ""
        var problem: String?
    }

    private func checks(of config: HubdConfig) async throws -> [Check] {
        let folder = DataFolder(path: config.data)
        var checks = StartCheck.all(of: config).map(Self.result)
        if (try? config.address) != nil { checks.append(openness(config)) }
        checks += [folderCheck(folder), spaceCheck(folder), libraryCheck()]
        checks.append(await databaseCheck(folder))
        checks.append(
            Check(name: "hub", remark: folder.isLocked() ? ": running on this folder" : ": not running on this folder"))
        return checks
    }

    /// What 'serve' would say.
    private static func result(of check: StartCheck) -> Check {
        do {
            try check.run()
            return Check(name: check.name, remark: ": \(check.subject)")
        } catch {
            return Check(name: check.name, problem: "\(error)")
        }
    }

    private func openness(_ config: HubdConfig) -> Check {
        let name = "secrecy"
        guard config.tls == nil, config.publicURL?.hasPrefix("https://") != true, !config.isOnLoopback else {
            return Check(name: name, remark: ": tokens do not travel in clear")
        }
        return Check(
            name: name,
            problem: "\(config.listen) is open to other machines without TLS, so tokens travel in clear; "
                + "set tls.certificate and tls.key, or listen on loopback behind a TLS proxy and set public-url to "
                + "its https:// address")
    }

    private func folderCheck(_ folder: DataFolder) -> Check {
        let name = "data folder \(folder.path)"
        switch PathState(folder.path) {
        case .nothing: return Check(name: name, remark: ": not there yet; 'hubd serve' will make it")
        case .file: return Check(name: name, problem: "it is a file; choose another with --data")
        case .hidden(let reason): return Check(name: name, problem: "this user cannot see it: \(reason)")
        case .folder: break
        }
        guard FileManager.default.isWritableFile(atPath: folder.path) else {
            return Check(name: name, problem: "this user cannot write it; run hubd as its owner")
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: folder.path)
        let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0
        guard mode & 0o077 == 0 else {
            return Check(name: name, problem: "other users can read it; run: chmod 700 \(folder.path)")
        }
        return Check(name: name)
    }

    private func spaceCheck(_ folder: DataFolder) -> Check {
        let existing = FileManager.default.fileExists(atPath: folder.path) ? folder.path : "."
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: existing)
        let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value ?? 0
        let gibibytes = Double(free) / Double(1 << 30)
        let text = String(format: "%.1f GiB free", gibibytes)
        return gibibytes < 1
            ? Check(name: "disk space", problem: "only \(text); uploads will soon be refused")
            : Check(name: "disk space", remark: ": \(text)")
    }

    private func libraryCheck() -> Check {
        let version = GitStore.libraryVersion
        return Check(name: "libgit2", remark: " \(version)")
    }

    private func databaseCheck(_ folder: DataFolder) async -> Check {
        let name = "database"
        switch PathState(folder.database) {
        case .nothing: return Check(name: name, remark: ": none yet")
        case .hidden(let reason): return Check(name: name, problem: "this user cannot see it: \(reason)")
        case .file, .folder: break
        }
        do {
            let database = try SQLiteDatabase(path: folder.database, readers: 1)
            if let problem = try await database.integrityProblem() {
                return Check(name: name, problem: "damaged (\(problem)); restore a backup")
            }
            let known = Set(EmbeddedHub.migrations.map(\.id))
            let applied = try await database.read { connection in
                try connection.query("SELECT id FROM schema_migration").map { row in try row.string(0) }
            }
            let newer = applied.filter { !known.contains($0) }
            guard newer.isEmpty else {
                return Check(name: name, problem: "written by a newer hubd (\(newer.joined(separator: ", ")))")
            }
            return Check(name: name, remark: ": sound")
        } catch {
            return Check(name: name, problem: "\(error)")
        }
    }
}
