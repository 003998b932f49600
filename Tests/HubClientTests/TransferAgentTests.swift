import HubClient
import Synchronization
import Testing

@Suite struct TransferAgentTests {
    private func agent() -> TransferAgent {
        TransferAgent(.init(folder: { "/nowhere" }, url: { $0 }, token: { _ in nil }))
    }

    @Test func `requests are answered in their order, what fails too, and the last ends it`() async throws {
        var lines = [
            #"{"event":"init","operation":"upload","remote":"nowhere","concurrent":true,"concurrenttransfers":3}"#,
            #"{"event":"upload","oid":"00","size":5,"path":"/x","action":null}"#,
            #"{"event":"download","oid":"\#(String(repeating: "0", count: 64))","size":5,"action":{"href":"http://h/xet/1"}}"#,
            #"{"event":"terminate"}"#, "never read",
        ]
        let answers = Answers()
        try await agent().run(next: { lines.isEmpty ? nil : lines.removeFirst() }, answer: answers.add)
        let said = answers.all
        #expect(said.map(\.event) == [nil, "complete", "complete"])
        #expect(said.map { $0.error?.code } == [nil, 422, 422])
        #expect(said[2].error?.message.contains("opens no CAS") == true)
        #expect(lines == ["never read"])
    }

    @Test func `a line that is no request ends the agent`() async {
        await #expect(throws: (any Error).self) {
            try await agent().run(next: { "{}" }, answer: { _ in })
        }
    }
}

private final class Answers: Sendable {
    private let list = Mutex<[AgentAnswer]>([])

    func add(_ answer: AgentAnswer) { list.withLock { $0.append(answer) } }
    var all: [AgentAnswer] { list.withLock { $0 } }
}
