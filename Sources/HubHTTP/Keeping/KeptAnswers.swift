import HTTPTypes
import HubServices
import Hummingbird
import Synchronization

/// Answers that are given again as long as nothing was committed.
///
/// Who asks is part of the question and was found out before: a token that was revoked, a repository that was hidden and
/// a branch that moved are commits, by this process or another, and make every kept answer worthless at once.
final class KeptAnswers: Sendable {
    fileprivate struct Question: Hashable {
        let caller: Caller
        let method: HTTPRequest.Method

        /// With its query.
        let path: String
        let authority: String?
        let range: String?
        let ifNoneMatch: String?

        init(_ request: Request, _ context: HubContext) {
            caller = context.caller
            method = request.method
            path = request.head.path ?? "/"
            authority = request.head.authority
            range = request.headers[.range]
            ifNoneMatch = request.headers[.ifNoneMatch]
        }

        /// Bytes of what the client wrote.
        var size: Int {
            path.utf8.count + (authority?.utf8.count ?? 0) + (range?.utf8.count ?? 0) + (ifNoneMatch?.utf8.count ?? 0)
        }
    }

    fileprivate struct Kept {
        let version: Int64
        let answer: Response
    }

    /// What was asked lately, and what was asked before that and is given up next.
    fileprivate struct Shelves {
        var new: [Question: Kept] = [:]
        var old: [Question: Kept] = [:]
        var newBytes = 0
    }

    private let shelves = Mutex(Shelves())
    private let version: @Sendable () throws -> Int64?

    /// Limits of one of the two shelves.
    fileprivate static let answersPerShelf = 4096
    fileprivate static let bytesPerShelf = 16 << 20

    /// The largest body that is kept.
    private static let bodyBytes = 64 << 10

    /// The longest question that is remembered.
    private static let questionBytes = 2048

    /// - Parameter version: Another number after every commit.
    init(version: @escaping @Sendable () throws -> Int64?) { self.version = version }

    /// A handler that answers with what it answered before, where that is still true.
    func keeping(_ handler: @escaping RouteTable.Handler) -> RouteTable.Handler {
        { [self] request, context in
            // Asked before the handler reads anything: what is kept is at least as new as its version says.
            guard let version = try version() else { return try await handler(request, context) }
            let question = Question(request, context)
            if let answer = answer(to: question, at: version) { return answer }
            let answer = try await handler(request, context)
            keep(answer, to: question, at: version)
            return answer
        }
    }

    private func answer(to question: Question, at version: Int64) -> Response? {
        shelves.withLock { shelves in
            if let kept = shelves.new[question] { return kept.version == version ? kept.answer : nil }
            guard let kept = shelves.old.removeValue(forKey: question), kept.version == version else { return nil }
            shelves.put(kept, question)
            return kept.answer
        }
    }

    private func keep(_ answer: Response, to question: Question, at version: Int64) {
        guard let size = answer.body.contentLength, size <= Self.bodyBytes, question.size <= Self.questionBytes else {
            return
        }
        shelves.withLock { shelves in
            shelves.old[question] = nil
            shelves.put(Kept(version: version, answer: answer), question)
        }
    }
}

extension KeptAnswers.Shelves {
    fileprivate mutating func put(_ kept: KeptAnswers.Kept, _ question: KeptAnswers.Question) {
        new[question] = kept
        newBytes += kept.answer.body.contentLength ?? 0
        guard new.count > KeptAnswers.answersPerShelf || newBytes > KeptAnswers.bytesPerShelf else { return }
        old = new
        new = [:]
        newBytes = 0
    }
}
