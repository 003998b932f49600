import HummingbirdCore
import NIOCore
import NIOHTTP2
import NIOHTTPTypes

/// Lets a client of HTTP/2 send more at once than the 64 KiB that a connection and each of its streams begin with.
///
/// libcurl 7.88, which many a git runs on, may wait for ever when it has come to the end of a window in the middle of a
/// body it reads line by line, as it does with what a client wants of a repository with thousands of refs.
final class ConnectionWindow: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart

    /// Bytes a stream may be ahead: what a client wants of 40 000 refs.
    ///
    /// As much of each of the streams of a connection may have to be kept. NIO lets a client send more only when it is
    /// within 32 KiB of the end, and then no more than 64 KiB: whoever sends its body line by line should not get there.
    private static let stream = 2 << 20

    /// How many streams a connection may have at a time.
    private static let streams = 16

    /// As much as the protocol can say, on top of what every connection begins with: its streams are what is bounded.
    private static let connection = Int(Int32.max) - 65_535

    /// Speaks when the first stream of a connection begins; that one still has the window it began with.
    func handlerAdded(context: ChannelHandlerContext) {
        guard let connection = context.channel.parent, Self.isHTTP2(connection, on: context.eventLoop),
            (try? context.channel.syncOptions?.getOption(HTTP2StreamChannelOptions.streamID)) == 1
        else { return }
        let settings = [
            HTTP2Setting(parameter: .initialWindowSize, value: Self.stream),
            HTTP2Setting(parameter: .maxConcurrentStreams, value: Self.streams),
        ]
        connection.write(HTTP2Frame(streamID: .rootStream, payload: .settings(.settings(settings))), promise: nil)
        connection.writeAndFlush(
            HTTP2Frame(streamID: .rootStream, payload: .windowUpdate(windowSizeIncrement: Self.connection)),
            promise: nil)
    }

    /// Whether a channel's parent is a connection of streams; of a connection of HTTP/1.1 it is the listening socket.
    private static func isHTTP2(_ connection: any Channel, on loop: any EventLoop) -> Bool {
        guard connection.eventLoop === loop else { return false }
        return (try? connection.pipeline.syncOperations.handler(type: NIOHTTP2Handler.self)) != nil
    }
}
