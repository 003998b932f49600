import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers a client that would rather speak another protocol, such as HTTP/2 without TLS, in plain HTTP/1.1.
///
/// NIO reads nothing more from a connection on which an upgrade was offered; so it is closed after the answer, and the
/// client is told, which opens another one instead of waiting for ever.
final class UpgradeRefusal: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var isOffered = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data), head.headerFields[.upgrade] != nil else {
            return context.fireChannelRead(data)
        }
        isOffered = true
        head.headerFields[.upgrade] = nil
        head.headerFields[.connection] = "close"
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard isOffered, case .head(var head) = unwrapOutboundIn(data), head.status.kind != .informational else {
            return context.write(data, promise: promise)
        }
        head.headerFields[.connection] = "close"
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }
}
