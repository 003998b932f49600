import HubAPI
import HubCore
import HubServices
import Hummingbird

/// The caller's own SSH keys.
struct SSHKeyRoutes {
    let hub: Hub

    func add(to routes: RouteTable) {
        let place = "settings/ssh-keys"
        routes.get(place, "Lists the caller's SSH keys.", answer: .json([SSHKeyBody].self)) { _, context in
            try Answer.json(try await hub.sshKeys.keys(of: context.caller).map(SSHKeyBody.init))
        }
        routes.post(
            place, "Adds an SSH key.", body: .json(CreateSSHKeyBody.self), answer: .json(SSHKeyBody.self)
        ) { request, context in
            let body = try await request.json(CreateSSHKeyBody.self, limit: hub.limits.jsonBytes)
            let key = try SSHPublicKey(parsing: body.key)
            return try Answer.json(
                SSHKeyBody(try await hub.sshKeys.add(key, title: body.title, by: context.caller)))
        }
        routes.delete("\(place)/:key", "Removes an SSH key.") { _, context in
            guard let id = PublicID.rowID(try context.parameter("key")) else {
                throw HubError.notFound("you have no such SSH key")
            }
            try await hub.sshKeys.remove(id, by: context.caller)
            return Answer.empty()
        }
    }
}

extension SSHKeyBody {
    fileprivate init(_ record: SSHKeyService.KeyRecord) {
        self.init(
            id: PublicID.text(record.id), title: record.title, type: record.key.kind.rawValue,
            fingerprint: record.key.fingerprint, createdAt: timestamp(record.createdAt),
            lastUsedAt: record.lastUsedAt.map(timestamp))
    }
}
