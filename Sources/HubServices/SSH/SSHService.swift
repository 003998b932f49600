package import HubCore
import HubGit
package import Logging

/// Serves git and git-lfs to somebody who came by SSH and was recognised by a key.
package struct SSHService: Sendable {
    let access: Access
    let gitWire: GitWireService
    let grants: LargeFileGrants

    /// Answers a fetch, from the refs it is told of first to the end of the pack.
    ///
    /// - Parameter version: The client's variable `GIT_PROTOCOL`.
    package func fetch(
        from id: RepositoryID,
        by caller: Caller,
        version: String?,
        from input: some AsyncSequence<[UInt8], any Error> & Sendable,
        write: ([UInt8]) async throws -> Void
    ) async throws {
        let record = try await current(id, for: caller, as: .read)
        try await gitWire.uploadPack(record, asked: version, from: input, write: write)
    }

    /// Takes a push, from the refs it is told of first to the report that ends it.
    package func push(
        to id: RepositoryID,
        by caller: Caller,
        version: String?,
        from input: some AsyncSequence<[UInt8], any Error> & Sendable,
        logger: Logger,
        write: ([UInt8]) async throws -> Void
    ) async throws {
        let record = try await current(id, for: caller, as: .contribute)
        try await write(try await gitWire.advertise(.receivePack, record, asked: version, isOverHTTP: false))
        let push = try await gitWire.receivePack(PushStream(input))
        try await gitWire.publish(push, to: record, by: caller, logger: logger, write: write)
    }

    /// What git-lfs needs to go on over HTTP: the token to send along with its requests.
    package func largeFileToken(
        _ operation: LFSService.Operation,
        for id: RepositoryID,
        by caller: Caller
    ) async throws -> (record: RepositoryRecord, token: String) {
        let record = try await current(id, for: caller, as: .read)
        // Whoever may propose a change may upload for it.
        if operation == .upload { _ = try await access.participant(record.id, for: caller) }
        return (record, try grants.make(operation, in: record, for: caller))
    }

    /// The repository that has this name, or had it before it was moved.
    private func current(_ id: RepositoryID, for caller: Caller, as role: Role) async throws -> RepositoryRecord {
        do {
            return try await access.repository(id, for: caller, as: role)
        } catch HubError.moved(let now) {
            return try await access.repository(now, for: caller, as: role)
        }
    }
}
