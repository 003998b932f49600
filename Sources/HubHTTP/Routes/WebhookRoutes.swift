import HubAPI
import HubCore
import HubServices
import Hummingbird

/// The caller's webhooks and the log of their deliveries.
struct WebhookRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        let all = routes.group("settings/webhooks")
        all.get("", "Lists the caller's webhooks.", answer: .json([WebhookBody].self)) { _, context in
            try Answer.json(await hub.webhooks.list(for: context.caller).map(WebhookBody.init))
        }
        all.post(
            "", "Makes a webhook.", body: .json(WebhookWishBody.self), answer: .json(WebhookAnswerBody.self)
        ) { request, context in
            let wish = try await wish(of: request)
            return try answer(
                await hub.webhooks.create(wish, baseURL: request.baseURL(publicURL), by: context.caller))
        }
        let one = all.group(":webhook")
        one.get("", "Shows a webhook.", answer: .json(WebhookAnswerBody.self)) { _, context in
            try answer(await hub.webhooks.show(id(context), for: context.caller))
        }
        one.post(
            "", "Changes a webhook.", body: .json(WebhookWishBody.self), answer: .json(WebhookAnswerBody.self)
        ) { request, context in
            let wish = try await wish(of: request)
            return try answer(
                await hub.webhooks.update(
                    id(context), wish, baseURL: request.baseURL(publicURL), by: context.caller))
        }
        one.delete("", "Deletes a webhook.") { _, context in
            try await hub.webhooks.delete(id(context), by: context.caller)
            return Answer.empty()
        }
        one.post("enable", "Starts a webhook that is disabled.", answer: .json(WebhookAnswerBody.self)) { _, context in
            try answer(await hub.webhooks.setDisabled(false, id(context), by: context.caller))
        }
        one.post("disable", "Stops a webhook.", answer: .json(WebhookAnswerBody.self)) { _, context in
            try answer(await hub.webhooks.setDisabled(true, id(context), by: context.caller))
        }
        addLog(to: one.group("deliveries"))
    }

    private func addLog(to log: RouteTable) {
        log.get(
            "", "Lists what was sent to a webhook, the latest first.", query: QueryParameter.page(upTo: 100),
            answer: .json([WebhookDeliveryBody].self)
        ) { request, context in
            let page = try await hub.webhooks.deliveries(
                to: id(context), request.rowPage(default: 50, upTo: 100), for: context.caller)
            return try Answer.page(page, of: request, publicURL) { WebhookDeliveryBody($0, withPayload: false) }
        }
        log.get(":delivery", "Shows a delivery with its body.", answer: .json(WebhookDeliveryBody.self)) { _, context in
            let delivery = try await hub.webhooks.delivery(
                delivery(context), to: id(context), for: context.caller)
            return try Answer.json(WebhookDeliveryBody(delivery, withPayload: true))
        }
        log.post(
            ":delivery/redeliver", "Sends a message once more.", answer: .json(WebhookDeliveryBody.self)
        ) { _, context in
            let delivery = try await hub.webhooks.redeliver(
                delivery(context), to: id(context), by: context.caller)
            return try Answer.json(WebhookDeliveryBody(delivery, withPayload: false))
        }
    }

    private func wish(of request: Request) async throws -> WebhookService.Wish {
        let body = try await request.json(WebhookWishBody.self, limit: hub.limits.jsonBytes)
        guard body.jobSourceId == nil else {
            throw HubError.invalid("this hub runs no jobs; a webhook needs a url")
        }
        var wish = WebhookService.Wish()
        wish.url = body.url
        wish.secret = body.secret
        wish.domains = body.domains?.compactMap { Webhook.Domain(rawValue: $0.rawValue) }
        wish.watched = try body.watched?.map { item in
            try Webhook.Watched(Webhook.Watched.Kind(rawValue: item.type.rawValue) ?? .model, item.name)
        }
        return wish
    }

    private func answer(_ webhook: Webhook) throws -> Response {
        try Answer.json(WebhookAnswerBody(webhook: WebhookBody(webhook)))
    }

    private func id(_ context: HubContext) throws -> Int64 {
        guard let id = PublicID.rowID(try context.parameter("webhook")) else {
            throw HubError.notFound("you have no such webhook")
        }
        return id
    }

    private func delivery(_ context: HubContext) throws -> Int64 {
        guard let id = PublicID.rowID(try context.parameter("delivery")) else {
            throw HubError.notFound("the webhook has no such delivery")
        }
        return id
    }
}

extension WebhookBody {
    fileprivate init(_ webhook: Webhook) {
        self.init(
            id: PublicID.text(webhook.id), url: webhook.url,
            watched: webhook.watched.map { item in
                WatchedBody(type: .init(rawValue: item.kind.rawValue) ?? .model, name: item.name)
            },
            domains: webhook.domains.compactMap { WebhookDomain(rawValue: $0.rawValue) }, secret: webhook.secret,
            disabled: webhook.isDisabled, disabledReason: webhook.disabledReason)
    }
}

extension WebhookDeliveryBody {
    fileprivate init(_ delivery: WebhookDelivery, withPayload: Bool) {
        self.init(
            id: PublicID.text(delivery.id), action: delivery.action, scope: delivery.scope,
            state: State(rawValue: delivery.state.rawValue) ?? .failed, attempts: delivery.attempts,
            status: delivery.status, problem: delivery.problem, durationMs: delivery.milliseconds,
            createdAt: timestamp(delivery.createdAt), finishedAt: delivery.finishedAt.map(timestamp),
            nextAttemptAt: delivery.state == .pending ? timestamp(delivery.nextAttemptAt) : nil,
            payload: withPayload ? delivery.payload : nil)
    }
}
