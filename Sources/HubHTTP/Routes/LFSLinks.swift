import HubAPI
import HubCore
import HubServices

/// Makes links of signatures.
struct LFSLinks {
    /// How the client reaches the hub.
    let base: String
    let repository: RepositoryID

    /// Of a transfer by chunks.
    let chunks: LFSService.ChunkGrant?

    func object(
        _ object: LFSBatchBody.Object,
        _ instruction: LFSService.Instruction
    ) -> LFSBatchResultBody.Object {
        var answer = LFSBatchResultBody.Object(oid: object.oid, size: object.size)
        switch instruction {
        case .nothing: break
        case .problem(let code, let message): answer.error = .init(code: code, message: message)
        case .download(let signature): answer.actions = ["download": action("objects", object.oid, signature)]
        case .upload(let signature, let verify):
            answer.actions = [
                "upload": action("objects", object.oid, signature), "verify": action("verify", object.oid, verify),
            ]
        case .uploadChunks(let verify):
            answer.actions = ["upload": chunkAction(mayWrite: true), "verify": action("verify", object.oid, verify)]
        case .downloadChunks(let file):
            var download = chunkAction(mayWrite: false)
            download.header?["X-Xet-Hash"] = file.string
            answer.actions = ["download": download]
        case .uploadParts(let parts, let size, let complete, let verify):
            var upload = action("complete", object.oid, complete)
            upload.header = ["chunk_size": "\(size)"]
            for (index, part) in parts.enumerated() {
                upload.header?[Self.number(index + 1)] = url("parts/\(object.oid)/\(index + 1)", part)
            }
            answer.actions = ["upload": upload, "verify": action("verify", object.oid, verify)]
        }
        answer.authenticated = answer.actions == nil ? nil : true
        return answer
    }

    private func action(_ place: String, _ oid: String, _ signature: String) -> LFSBatchResultBody.Action {
        .init(href: url("\(place)/\(oid)", signature), expiresIn: Int(LFSService.lifetime))
    }

    /// The CAS, and what opens it; a token that ran out is renewed by the route that hands them out.
    private func chunkAction(mayWrite: Bool) -> LFSBatchResultBody.Action {
        let word = mayWrite ? "write" : "read"
        return .init(
            href: "\(base)/xet/\(chunks?.epoch ?? 0)", expiresIn: Int(LFSService.lifetime),
            header: [
                "X-Xet-Access-Token": chunks?.token ?? "", "X-Xet-Token-Expiration": "\(chunks?.expiry ?? 0)",
                "X-Xet-Refresh-Route":
                    "\(base)/api/\(repository.kind.plural)/\(repository.path)/xet-\(word)-token/main",
            ])
    }

    private func url(_ path: String, _ signature: String) -> String { "\(base)/lfs/\(path)?sig=\(signature)" }

    /// Five digits at least, as clients sort them.
    private static func number(_ part: Int) -> String {
        let digits = "\(part)"
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
