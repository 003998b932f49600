import Foundation
import HubAPI
import HubCore
import Testing

/// What clients in the field send and read: the texts are theirs, not ours.
@Suite("Bodies on the wire")
struct WireBodyTests {
    @Test("huggingface_hub's order for a repository is understood")
    func createRepository() throws {
        let text = #"{"name": "tiny", "organization": "ada", "private": true, "type": "model", "sdk": null}"#
        let body = try decode(CreateRepositoryBody.self, text)
        #expect(body.name == "tiny" && body.organization == "ada" && body.private == true && body.type == .model)
    }

    @Test("an order with nothing but a name is understood")
    func createByName() throws {
        let body = try decode(CreateRepositoryBody.self, #"{"name": "tiny"}"#)
        #expect(body.organization == nil && body.type == nil && body.visibility == nil && body.empty == nil)
    }

    @Test("git-lfs's batch request is understood")
    func batchRequest() throws {
        let text = """
            {"operation": "upload", "transfers": ["lfs-standalone-file", "basic", "ssh"], "ref": {"name": "refs/heads/main"},
             "objects": [{"oid": "aa", "size": 123}], "hash_algo": "sha256"}
            """
        let body = try decode(LFSBatchBody.self, text)
        #expect(body.operation == "upload" && body.transfers?.contains("basic") == true)
        #expect(body.objects.map(\.size) == [123])
    }

    @Test("a batch answer has the field names of the LFS specification")
    func batchAnswer() throws {
        let answer = LFSBatchResultBody(
            transfer: "basic",
            objects: [
                .init(oid: "aa", size: 1, actions: .init(download: .init(href: "http://hub/x", expiresIn: 60))),
                .init(oid: "bb", size: 2, error: .init(code: 404, message: "no")),
            ])
        let json = try object(answer)
        #expect(json["transfer"] as? String == "basic")
        let objects = try #require(json["objects"] as? [[String: Any]])
        let action = try #require((objects[0]["actions"] as? [String: [String: Any]])?["download"])
        #expect(action["href"] as? String == "http://hub/x" && action["expires_in"] as? Int == 60)
        #expect((objects[1]["error"] as? [String: Any])?["code"] as? Int == 404)
        #expect(objects[1]["actions"] == nil, "an object with an error has no actions")
    }

    @Test("a reconstruction has hf_xet's field names, and its older form holds the same ranges")
    func reconstruction() throws {
        let body = ReconstructionBody(
            offsetIntoFirstRange: 7,
            terms: [.init(hash: .zero, unpackedLength: 9, range: .init(start: 0, end: 2))],
            xorbs: [
                XetHash.zero.string: [
                    .init(
                        url: "http://hub/x",
                        ranges: [.init(chunks: .init(start: 0, end: 2), bytes: .init(start: 0, end: 99))])
                ]
            ])
        let json = try object(body)
        #expect(json["offset_into_first_range"] as? Int == 7)
        #expect((json["terms"] as? [[String: Any]])?.first?["unpacked_length"] as? Int == 9)
        let old = try object(ReconstructionV1Body(body))
        let fetches = try #require((old["fetch_info"] as? [String: [[String: Any]]])?[XetHash.zero.string])
        #expect(fetches.first?["url"] as? String == "http://hub/x")
        #expect((fetches.first?["url_range"] as? [String: Int]) == ["start": 0, "end": 99])
        #expect((fetches.first?["range"] as? [String: Int]) == ["start": 0, "end": 2])
    }

    @Test("a merge's outcomes are the words of the documentation")
    func mergeOutcomes() throws {
        let words = ["up-to-date", "fast-forward", "merged", "conflicts", "would-merge"]
        #expect(words.allSatisfy { MergeResultBody.Outcome(rawValue: $0) != nil })
        let json = try object(MergeBody(source: "main", strategy: "average", dryRun: true))
        #expect(json["source"] as? String == "main" && json["dryRun"] as? Bool == true && json["target"] == nil)
    }

    private func decode<Body: Decodable>(_ type: Body.Type, _ text: String) throws -> Body {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    private func object(_ body: some Encodable) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: JSONEncoder().encode(body)) as? [String: Any])
    }
}
