import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers a client that would rather speak another protocol, such as HTTP/2 without TLS, in plain HTTP/1.1.
///
/// NIO reads nothing more from a connection on which an upgrade was offered; so it ends with the answer, as if the client
/// had asked for that. The client is told, and opens another one instead of waiting for ever.
final class UpgradeRefusal: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data), head.headerFields[.upgrade] != nil else {
            return context.fireChannelRead(data)
        }
        head.headerFields[.upgrade] = nil
        head.headerFields[.connection] = "close"
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }
}
