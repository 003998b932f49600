import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// Locks on files (git-lfs, "File Locking API").
struct LFSLockRoutes {
    let hub: Hub

    private static let pageLimit = 100

    func add(to routes: RouteTable) {
        routes.forEachKindOnTheWeb { kind, repository in
            let locks = repository.group("info/lfs/locks")
            locks.post(
                "", "Locks a file, so that nobody else may push a change of it.", body: .json(LFSLockWish.self),
                answer: .json(LFSLockAnswer.self)
            ) { request, context in try await lock(kind, request, context) }
            locks.get(
                "", "Lists locks, oldest first.",
                query: [
                    .text("path", "Only the lock of this file."), .text("id", "Only this lock."),
                    .text("refspec", "Not looked at: a lock holds on every branch."),
                ] + QueryParameter.page(upTo: Self.pageLimit), answer: .json(LFSLockListBody.self)
            ) { request, context in try await list(kind, request, context) }
            locks.post(
                "verify", "Lists the caller's own locks and those of others, for who may push.",
                body: .json(LFSLockVerifyWish.self), answer: .json(LFSLockVerifyBody.self)
            ) { request, context in try await verify(kind, request, context) }
            locks.post(
                ":lock/unlock", "Opens a lock: one's own, or by force.", body: .json(LFSUnlockWish.self),
                answer: .json(LFSLockAnswer.self)
            ) { request, context in try await unlock(kind, request, context) }
        }
    }

    private func lock(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        try LFSAnswers.requireReader(request)
        let body = try await request.json(LFSLockWish.self, limit: hub.limits.jsonBytes)
        switch try await hub.locks.lock(body.path, in: context.repository(kind), by: context.caller) {
        case .locked(let lock): return try LFSAnswers.json(LFSLockAnswer(LFSLockBody(lock)), status: .created)
        case .taken(let lock):
            let message = "'\(lock.path)' is locked by \(lock.owner) already"
            return try LFSAnswers.json(
                LFSLockAnswer(LFSLockBody(lock), message: message, request: context.requestID), status: .conflict)
        }
    }

    private func list(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        try LFSAnswers.requireReader(request)
        let page = try self.page(
            cursor: request.query("cursor"),
            limit: request.number("limit", default: Self.pageLimit, in: 1...Self.pageLimit))
        // No lock has an id that is no number.
        let lock = request.query("id").map { Int64($0) ?? 0 }
        let found = try await hub.locks.list(
            page, path: request.query("path"), lock: lock, in: context.repository(kind), for: context.caller)
        return try LFSAnswers.json(
            LFSLockListBody(found.items.map(LFSLockBody.init), next: found.next.map { "\($0)" }))
    }

    private func verify(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        try LFSAnswers.requireReader(request)
        let body = try await request.json(LFSLockVerifyWish.self, limit: hub.limits.jsonBytes)
        let limit = body.limit.flatMap { $0 > 0 ? $0 : nil } ?? Self.pageLimit
        let page = try self.page(cursor: body.cursor, limit: min(limit, Self.pageLimit))
        let found = try await hub.locks.verify(page, in: context.repository(kind), for: context.caller)
        return try LFSAnswers.json(
            LFSLockVerifyBody(
                ours: found.ours.map(LFSLockBody.init), theirs: found.theirs.map(LFSLockBody.init),
                next: found.next.map { "\($0)" }))
    }

    private func unlock(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        try LFSAnswers.requireReader(request)
        let body = try await request.jsonIfAny(LFSUnlockWish.self, limit: hub.limits.jsonBytes)
        let name = try context.parameter("lock")
        guard let lock = Int64(name) else { throw HubError.notFound("there is no lock '\(name.prefix(40))'") }
        let opened = try await hub.locks.unlock(
            lock, force: body?.force ?? false, in: context.repository(kind), by: context.caller)
        return try LFSAnswers.json(LFSLockAnswer(LFSLockBody(opened)))
    }

    /// An empty cursor is what git-lfs sends for none.
    private func page(cursor: String?, limit: Int) throws -> RowPageRequest {
        guard let cursor, !cursor.isEmpty else { return RowPageRequest(limit: limit) }
        guard let after = Int64(cursor), after > 0 else {
            throw HubError.invalid("the cursor is not one this hub gave out")
        }
        return RowPageRequest(after: after, limit: limit)
    }
}

extension LFSLockBody {
    fileprivate init(_ lock: FileLock) {
        self.init(id: "\(lock.id)", path: lock.path, lockedAt: timestamp(lock.lockedAt), owner: lock.owner)
    }
}
