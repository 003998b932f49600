import Foundation
package import HubCore
import HubDatabase
import HubGit
import HubInference
import HubTensors

/// Finds out what a published revision is worth, and keeps the report.
package struct ValidationService: Sendable {
    let database: any SQLDatabase
    let git: GitStore
    let revisions: RevisionService
    let reports: ReportStore
    let scratch: String
    let limits: HubLimits
    let threads: Int

    /// The report on a commit.
    ///
    /// - Parameter patience: Seconds to wait for a report that is queued or running. What is waited for comes sooner.
    package func report(
        at commit: CommitID,
        in record: RepositoryRecord,
        waiting patience: Int
    ) async throws -> ValidationReport {
        let subject = try await subject(of: commit, in: record.rowID)
        let deadline = ContinuousClock.now + .seconds(patience)
        var isHurried = patience == 0
        while true {
            guard let report = try await reports.report(on: subject, commit: commit) else {
                throw HubError.notFound(
                    "\(commit) was never the head of a branch or tag of \(record.id), so it has no report")
            }
            guard report.state != .done, ContinuousClock.now < deadline else { return report }
            if !isHurried, report.state == .queued {
                isHurried = true
                try await reports.hurry(subject)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Does one job: validates its revision and stores the report.
    package func validate(_ job: JobQueue.Job) async throws {
        let record = try await database.read { connection in
            try RepositoryRecord.find(rowID: job.repository, in: connection)
        }
        guard let record else { return try await forget(job) }
        let folder = "\(scratch)/validation-\(job.id)-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { removeScratch(folder) }
        let report = try await report(on: job.commit, in: record, scratch: folder)
        try await reports.store(report, on: job.subject)
    }

    /// Writes the report of a job that could not be done; what cannot be checked has failed.
    func giveUp(_ job: JobQueue.Job, after error: any Error) async throws {
        let finding = Finding(.error, "validation could not be completed: \(error)", in: "")
        try await reports.store(
            ValidationReport(commit: job.commit.hex, state: .done, verdict: .failed, findings: [finding]),
            on: job.subject)
    }

    private func report(
        on commit: CommitID,
        in record: RepositoryRecord,
        scratch folder: String
    ) async throws -> ValidationReport {
        let parent = try await git.read(record.rowID) { git in try git.commit(commit).parents.first }
        let child = try await materialise(commit, of: record, in: folder + "/child")
        var before: ModelRevision?
        if let parent { before = try await materialise(parent, of: record, in: folder + "/parent") }
        let validator = ModelValidator(
            threads: threads, maximumParameters: limits.inferenceParameters,
            timeLimit: .seconds(limits.validationSeconds))
        return try await validator.validate(child, comparedWith: before)
    }

    /// Readers for every file of a revision; checkpoints become files on disk, so that the model is mapped, not loaded.
    private func materialise(
        _ commit: CommitID,
        of record: RepositoryRecord,
        in folder: String
    ) async throws -> ModelRevision {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var files: [String: any ByteReader] = [:]
        var links: [String] = []
        let entries = try await revisions.files(at: commit, in: record)
        let small = try await smallFiles(among: entries, of: record)
        for (number, entry) in entries.enumerated() {
            guard !entry.isSymlink else {
                links.append(entry.path)
                continue
            }
            if let bytes = small[entry.id] {
                files[entry.path] = BufferReader(bytes)
                continue
            }
            let reader = try await revisions.open(entry, in: record)
            let isWeights = CheckpointGroup.isSafetensors(entry.path)
            files[entry.path] = isWeights ? try await copy(reader, to: "\(folder)/\(number)") : reader
        }
        return ModelRevision(id: commit.hex, files: files, symlinks: links)
    }

    /// The bytes of short plain files by their names in git, read together; of some, if they are many.
    private func smallFiles(
        among entries: [RevisionEntry],
        of record: RepositoryRecord
    ) async throws -> [ObjectID: [UInt8]] {
        var ids: Set<ObjectID> = []
        var size = 0
        for entry in entries where !entry.isSymlink && entry.pointer == nil && entry.size <= Self.smallFileBytes {
            guard !CheckpointGroup.isSafetensors(entry.path), size + entry.size <= Self.smallFilesBytes,
                ids.insert(entry.id).inserted
            else { continue }
            size += entry.size
        }
        let wanted = Array(ids)
        return try await git.read(record.rowID) { git in try git.readBlobs(wanted) }
    }

    private static let smallFileBytes = 64 << 10
    private static let smallFilesBytes = 8 << 20

    private func copy(_ reader: any ByteReader, to path: String) async throws -> any ByteReader {
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
            throw HubError.unavailable("the scratch folder cannot be written")
        }
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try await reader.forEachPiece(of: 0..<reader.count) { _, bytes in try file.write(contentsOf: bytes) }
        try file.close()
        return try MappedFile(path: path)
    }

    private func subject(of commit: CommitID, in repository: Int64) async throws -> ReportStore.Subject {
        try await git.read(repository) { git in
            let commit = try git.commit(commit)
            return ReportStore.Subject(
                tree: commit.tree, parent: try commit.parents.first.map { try git.commit($0).tree })
        }
    }

    private func forget(_ job: JobQueue.Job) async throws {
        try await database.write { connection in try connection.execute("DELETE FROM job WHERE id = ?", [job.id]) }
    }

    private func removeScratch(_ folder: String) {
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            // The scratch folder is emptied at the next start in any case.
        }
    }
}
