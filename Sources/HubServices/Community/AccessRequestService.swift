import Foundation
package import HubCore
import HubDatabase

/// Lets people ask for the files of gated repositories, and owners decide.
package struct AccessRequestService: Sendable {
    let database: any SQLDatabase
    let now: Now

    /// Requests on one page of a list.
    package static let pageSize = 100

    private static let fieldLimit = 50
    private static let fieldBytes = 4096
    private static let reasonBytes = 4096

    /// Asks to be let in.
    ///
    /// On a repository gated `auto` that is all it takes; on one gated `manual` someone decides.
    package func ask(
        for id: RepositoryID,
        saying fields: [String: String],
        by caller: Caller
    ) async throws -> AccessRequest {
        guard fields.count <= Self.fieldLimit,
            fields.allSatisfy({ $0.key.utf8.count + $0.value.utf8.count <= Self.fieldBytes })
        else {
            throw HubError.invalid("a request has at most \(Self.fieldLimit) fields of \(Self.fieldBytes) bytes each")
        }
        let text = String(decoding: try JSONEncoder().encode(fields), as: UTF8.self)
        return try await write(id, caller, as: .see) { desk in
            let gate = try desk.requireGate()
            guard let user = caller.user else { throw HubError.unauthorized("log in to ask for access to \(id)") }
            if let known = try AccessRequest.find(user: user.id, in: desk.repository.rowID, desk.connection) {
                throw HubError.conflict(
                    "you have asked for access to \(id) already; your request is \(known.status.rawValue)")
            }
            guard try !Access.mayRead(desk.repository.rowID, caller, in: desk.connection) else {
                throw HubError.invalid("you have access to \(id) already")
            }
            let made = try desk.insert(
                user.id, status: gate == .auto ? .accepted : .pending, fields: fields.isEmpty ? nil : text)
            try desk.tell("access-requested", made)
            return made
        }
    }

    /// Those with a status, newest first; `next` continues where a full page ends.
    package func list(
        _ status: AccessRequest.Status,
        of id: RepositoryID,
        before cursor: Int64?,
        by caller: Caller
    ) async throws -> (requests: [AccessRequest], next: Int64?) {
        try await database.read { connection in
            let record = try Access.repository(id, for: caller, as: .write, in: connection)
            let found = try AccessRequest.list(
                status, in: record.rowID, before: cursor ?? .max, limit: Self.pageSize, connection)
            return (found, found.count == Self.pageSize ? found.last?.rowID : nil)
        }
    }

    /// Who a decision is about.
    package enum Subject: Sendable {
        case user(String)
        case request(String)
    }

    /// Accepts or rejects a request, or puts it back among the pending ones.
    package func decide(
        _ status: AccessRequest.Status,
        about subject: Subject,
        in id: RepositoryID,
        reason: String?,
        by caller: Caller
    ) async throws -> AccessRequest {
        guard (reason?.utf8.count ?? 0) <= Self.reasonBytes else {
            throw HubError.invalid("a reason may have at most \(Self.reasonBytes) bytes")
        }
        guard reason == nil || status == .rejected else {
            throw HubError.invalid("'rejectionReason' goes with the status 'rejected' only")
        }
        return try await write(id, caller, as: .write) { desk in
            _ = try desk.requireGate()
            let request = try desk.find(subject)
            guard request.status != status else {
                throw HubError.notFound("the access request of '\(request.user)' is \(status.rawValue) already")
            }
            let decided = try desk.set(status, of: request, reason: reason)
            try desk.tell("access-decided", decided)
            return decided
        }
    }

    /// Lets someone in who need not have asked.
    package func grant(_ user: String, accessTo id: RepositoryID, by caller: Caller) async throws -> AccessRequest {
        try await write(id, caller, as: .write) { desk in
            _ = try desk.requireGate()
            let account = try desk.account(user)
            let known = try AccessRequest.find(user: account.id, in: desk.repository.rowID, desk.connection)
            guard known?.status != .accepted else {
                throw HubError.invalid("'\(account.name)' has access to \(id) already")
            }
            let granted =
                try known.map { try desk.set(.accepted, of: $0, reason: nil) }
                ?? desk.insert(account.id, status: .accepted, fields: nil)
            try desk.tell("access-decided", granted)
            return granted
        }
    }

    private func write<Result: Sendable>(
        _ id: RepositoryID,
        _ caller: Caller,
        as role: Role,
        _ body: @escaping @Sendable (AccessDesk) throws -> Result
    ) async throws -> Result {
        let instant = now.seconds
        return try await database.write { connection in
            let record = try Access.participant(id, for: caller, as: role, in: connection)
            return try body(
                AccessDesk(repository: record, caller: caller, instant: instant, connection: connection))
        }
    }
}

/// The requests of one repository, in one transaction.
private struct AccessDesk {
    let repository: RepositoryRecord
    let caller: Caller
    let instant: Int64
    let connection: any SQLConnection

    func requireGate() throws -> RepositoryRecord.Gate {
        guard let gate = repository.gate else {
            throw HubError.invalid("\(repository.id) is not gated; there is nothing to ask or to decide")
        }
        return gate
    }

    func account(_ name: String) throws -> AccountRecord {
        guard let account = try AccountRecord.find(name, in: connection), account.kind == .user else {
            throw HubError.notFound("there is no user '\(name.prefix(100))'")
        }
        return account
    }

    func find(_ subject: AccessRequestService.Subject) throws -> AccessRequest {
        let found =
            switch subject {
            case .user(let name):
                try AccessRequest.find(user: try account(name).id, in: repository.rowID, connection)
            case .request(let id): try AccessRequest.find(id: id, in: repository.rowID, connection)
            }
        guard let found else {
            throw HubError.notFound("there is no such access request for \(repository.id)")
        }
        return found
    }

    func insert(_ user: Int64, status: AccessRequest.Status, fields: String?) throws -> AccessRequest {
        try connection.execute(
            """
            INSERT INTO access_request (hex, repository_id, user_id, status, fields, created_at)
            VALUES (?, ?, ?, ?, ?, ?)
            """, [DiscussionLog.newID(), repository.rowID, user, status.rawValue, fields, instant])
        guard let made = try AccessRequest.find(user: user, in: repository.rowID, connection) else {
            throw SQLError.other("the new access request has no row")
        }
        return made
    }

    func set(_ status: AccessRequest.Status, of request: AccessRequest, reason: String?) throws -> AccessRequest {
        try connection.execute(
            "UPDATE access_request SET status = ?, rejection_reason = ?, decided_at = ? WHERE id = ?",
            [status.rawValue, reason, instant, request.rowID])
        guard let changed = try AccessRequest.find(id: request.id, in: repository.rowID, connection) else {
            throw SQLError.other("the access request has no row any more")
        }
        return changed
    }

    func tell(_ kind: String, _ request: AccessRequest) throws {
        try Event.record(
            kind, on: repository.rowID, by: caller, payload: ["user": request.user, "status": request.status.rawValue],
            at: instant, in: connection)
    }
}
