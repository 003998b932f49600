package import HubServices
package import Hummingbird
import Logging
import NIOCore

/// What belongs to one request.
package struct HubContext: RequestContext {
    package var coreContext: CoreRequestContextStorage

    /// Who asks; set by ``Authentication``.
    package var caller = Caller.anonymous

    /// Stands in the answer's `X-Request-Id` and in every log line of the request.
    package var requestID = ""

    private let channel: any Channel

    /// Where the request came from; nil where there is no network.
    var clientAddress: String? { channel.remoteAddress?.ipAddress }

    /// Has a client that waits for it told to send the body.
    func askForBody() { channel.triggerUserOutboundEvent(OrderlyClose.BodyIsWanted(), promise: nil) }

    /// Where the request's caller stands with the quota.
    let traffic = TrafficNote()

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
