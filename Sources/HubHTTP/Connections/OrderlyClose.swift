import HTTPTypes
package import NIOCore
package import NIOHTTPTypes

/// Ends connections of HTTP/1.1 so that their clients see the answer, also those that are refused while they send.
///
/// It also tells clients that wait for `100 Continue` to go on, once somebody wants what they have.
package final class OrderlyClose: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = HTTPRequestPart
    package typealias InboundOut = HTTPRequestPart
    package typealias OutboundIn = HTTPResponsePart
    package typealias OutboundOut = HTTPResponsePart

    /// Tells the connection that a request's body is about to be read.
    struct BodyIsWanted: Sendable {}

    private enum Stage {
        case open
        case readingOn
        case waiting
    }

    private var end = ConnectionEnd()
    private var stage = Stage.open

    /// Streams of HTTP/2 end by themselves.
    private var isStream = false
    private var deadline: Scheduled<Void>?
    private var silence: Scheduled<Void>?

    /// For how long the rest of a request is read in all, and for how long nothing may come.
    private static let patience = TimeAmount.seconds(60)
    private static let longestSilence = TimeAmount.seconds(10)

    /// How long a client that has sent everything has to close its side.
    private static let courtesy = TimeAmount.seconds(1)

    package init() {}

    package func handlerAdded(context: ChannelHandlerContext) {
        isStream = context.channel.parent?.parent != nil
    }

    package func handlerRemoved(context: ChannelHandlerContext) { stopClocks() }

    package func channelInactive(context: ChannelHandlerContext) {
        stopClocks()
        context.fireChannelInactive()
    }

    // MARK: Requests

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isStream else { return context.fireChannelRead(data) }
        let reading =
            switch unwrapInboundIn(data) {
            case .head(let head):
                end.readHead(
                    length: head.bodyLength, closes: head.wantsClose, expectsContinue: head.expectsContinue)
            case .body(let bytes): end.readBody(bytes.readableBytes)
            case .end: end.readEnd()
            }
        switch reading {
        case .pass: context.fireChannelRead(data)
        case .drop: listen(context)
        case .close: context.close(promise: nil)
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if stage == .readingOn { context.read() }
    }

    /// Once our side is closed this alone decides what is read.
    package func read(context: ChannelHandlerContext) {
        if stage == .open { context.read() }
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed where stage != .open: context.close(promise: nil)
        case is ChannelShouldQuiesceEvent where stage != .open: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: Answers

    package func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is BodyIsWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        guard !isStream, end.wantBody() else {
            promise?.succeed()
            return
        }
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: promise)
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isStream else { return context.write(data, promise: promise) }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            if head.status.kind != .informational, end.writeHead() { head.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end: writeEnd(context, data, promise)
        }
    }

    private func writeEnd(_ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
        guard end.writeEnd() else { return context.write(data, promise: promise) }
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        written.futureResult.whenSuccess { bound.value.handler.closeOutput(bound.value.context, nil) }
        context.writeAndFlush(data, promise: written)
    }

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard !isStream, mode == .output else { return context.close(mode: mode, promise: promise) }
        guard end.closesOutput() else {
            promise?.succeed()
            return
        }
        closeOutput(context, promise)
    }

    // MARK: The end

    private func closeOutput(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        context.close(mode: .output, promise: promise)
        guard context.channel.isActive else { return }
        readOnlyWhenAsked(context)
        switch end.close() {
        case .readOn:
            stage = .readingOn
            deadline = closeLater(context, in: Self.patience)
            listen(context)
            context.read()
        case .wait:
            stage = .waiting
            deadline = closeLater(context, in: Self.courtesy)
        }
    }

    /// NIO would go on by itself only as long as whoever answers keeps up.
    private func readOnlyWhenAsked(_ context: ChannelHandlerContext) {
        do {
            try context.channel.syncOptions?.setOption(ChannelOptions.autoRead, value: false)
        } catch {
            context.close(promise: nil)
        }
    }

    /// Gives the client another while to send something.
    private func listen(_ context: ChannelHandlerContext) {
        silence?.cancel()
        silence = closeLater(context, in: Self.longestSilence)
    }

    private func closeLater(_ context: ChannelHandlerContext, in time: TimeAmount) -> Scheduled<Void> {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        return context.eventLoop.scheduleTask(in: time) { bound.value.close(promise: nil) }
    }

    private func stopClocks() {
        deadline?.cancel()
        silence?.cancel()
    }
}

extension HTTPRequest {
    /// Length of the body, nil if it comes in chunks.
    fileprivate var bodyLength: Int? {
        if headerFields[.transferEncoding] != nil { return nil }
        guard let length = headerFields[.contentLength] else { return 0 }
        return Int(length)
    }

    fileprivate var wantsClose: Bool { says("close", in: .connection) }
    fileprivate var expectsContinue: Bool { bodyLength != 0 && says("100-continue", in: .expect) }

    /// Whether a header lists a word, in whatever letters.
    private func says(_ word: String, in name: HTTPField.Name) -> Bool {
        headerFields[values: name].contains { value in
            value.split(separator: ",").contains { item in
                item.filter { $0 != " " && $0 != "\t" }.lowercased() == word
            }
        }
    }
}
