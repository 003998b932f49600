import HubAPI
import HubCore
import HubServices

/// Makes links of signatures.
struct LFSLinks {
    /// How the client reaches the hub.
    let base: String
    let repository: RepositoryID
    let transfer: LFSService.Transfer

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
        case .download(let signature): answer.actions = .init(download: action("objects", object.oid, signature))
        case .upload(let signature, let verify):
            answer.actions = .init(
                upload: action("objects", object.oid, signature), verify: action("verify", object.oid, verify))
        case .uploadChunks(let verify):
            answer.actions = .init(upload: chunkAction(mayWrite: true), verify: action("verify", object.oid, verify))
        case .downloadChunks(let file):
            var download = chunkAction(mayWrite: false)
            download.header?["X-Xet-Hash"] = file.string
            answer.actions = .init(download: download)
        case .uploadParts(let parts, let size, let complete, let verify):
            var upload = action("complete", object.oid, complete)
            upload.header = ["chunk_size": "\(size)"]
            for (index, part) in parts.enumerated() {
                upload.header?[Self.number(index + 1)] = url("parts/\(object.oid)/\(index + 1)", part)
            }
            answer.actions = .init(upload: upload, verify: action("verify", object.oid, verify))
        case .uploadMissingParts(let upload):
            answer.actions = actions(for: upload, of: object.oid)
        }
        answer.authenticated = answer.actions == nil ? nil : true
        return answer
    }

    private func actions(
        for upload: LFSService.PartedUpload, of oid: String
    ) -> LFSBatchResultBody.Actions {
        func link(_ place: String, _ signature: String) -> LFSBatchResultBody.Action {
            .init(href: url(place, signature), expiresIn: Int(upload.lifetime))
        }
        let parts = upload.parts.map { part in
            var action = link("parts/\(oid)/\(part.number)", part.signature)
            action.pos = part.position
            action.size = part.size
            action.want_digest = "contentMD5"
            return action
        }
        return .init(
            parts: parts, commit: link("join/\(oid)", upload.commit), abort: link("abort/\(oid)", upload.abort),
            verify: link("verify/\(oid)", upload.verify))
    }

    private func action(_ place: String, _ oid: String, _ signature: String) -> LFSBatchResultBody.Action {
        .init(href: url("\(place)/\(oid)", signature), expiresIn: Int(LFSService.lifetime))
    }

    /// The CAS, what opens it, and the route that hands out the next token.
    ///
    /// git-xet reads the route in the place of the link and the CAS among the headers; hubctl the other way round.
    private func chunkAction(mayWrite: Bool) -> LFSBatchResultBody.Action {
        let cas = "\(base)/xet/\(chunks?.epoch ?? 0)"
        let tokens = "\(base)/api/\(repository.kind.plural)/\(repository.path)"
        // Whoever is given a link to upload may at least propose, and need not be allowed more to go on.
        let route = tokens + (mayWrite ? "/xet-write-token/main?create_pr=1" : "/xet-read-token/main")
        var header = [
            "X-Xet-Access-Token": chunks?.token ?? "", "X-Xet-Token-Expiration": "\(chunks?.expiry ?? 0)",
        ]
        if transfer == .xet {
            header["X-Xet-Cas-Url"] = cas
        } else {
            header["X-Xet-Refresh-Route"] = route
        }
        return .init(
            href: transfer == .xet ? route : cas, expiresIn: Int(LFSService.lifetime), header: header)
    }

    private func url(_ path: String, _ signature: String) -> String { "\(base)/lfs/\(path)?sig=\(signature)" }

    /// Five digits at least, as clients sort them.
    private static func number(_ part: Int) -> String {
        let digits = "\(part)"
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
