/// How webhooks are delivered; the defaults stand here.
package struct WebhookOptions: Sendable {
    /// Whether messages may go to this machine and to private networks; link-local addresses are never sent to.
    package var allowsPrivateAddresses = false

    /// Seconds a receiver has to answer.
    package var timeoutSeconds = 10

    /// Seconds before a failed message is sent again; each further time takes four times as long.
    package var firstRetrySeconds = 10

    /// How often a message is sent before it is given up.
    package var maximumAttempts = 8

    /// Seconds of nothing but failures after which a webhook is disabled.
    package var disableAfterSeconds = 3 * 86_400

    /// Messages that are under way at the same time.
    package var workers = 4

    package init() {}

    /// Seconds to wait after so many attempts, at most six hours; `spread` from 0 to 1 keeps receivers from being hit
    /// by all at once.
    func delay(afterAttempts attempts: Int, spread: Double) -> Int64 {
        var delay = Double(firstRetrySeconds)
        for _ in 1..<max(attempts, 1) { delay = min(delay * 4, 6 * 3600) }
        return max(1, Int64(delay * (0.8 + 0.4 * spread)))
    }
}
