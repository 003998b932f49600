/// When a connection of HTTP/1.1 ends, and how much is read before it does (RFC 9112, section 9.6).
///
/// A connection that is closed while its client still sends is reset, and the client may never see what it was answered.
/// So after an answer to a request that was not read to its end only our side is closed; what still comes is read and
/// thrown away, within limits.
package struct ConnectionEnd {
    /// What is done with bytes of a request.
    package enum Reading: Equatable {
        case pass
        case drop
        case close
    }

    /// What is done when our side is closed.
    package enum Closing: Equatable {
        /// The rest of the request is read.
        case readOn

        /// Nothing more is wanted.
        case wait
    }

    /// As much of an unread body is read to keep the connection.
    package static let cheapBytes = 1 << 20

    /// As much of it is read so that the client sees the answer.
    package static let patientBytes = 1 << 30

    private enum Stage {
        case open
        case answered
        case closed
    }

    private var stage = Stage.open
    private var isReading = false
    private var wantsClose = false
    private var expectsContinue = false
    private var isAnswering = false
    private var isClosing = false

    /// What is left of the body, if the client has said how long it is.
    private var bodyLeft: Int?

    /// What may still be thrown away.
    private var patience = patientBytes

    package init() {}

    /// A request begins.
    ///
    /// - Parameters:
    ///   - length: Of its body; nil if it is not known.
    ///   - closes: Whether the client wants the connection to end with the answer.
    ///   - expectsContinue: Whether the client waits before it sends the body.
    package mutating func readHead(length: Int?, closes: Bool, expectsContinue: Bool) -> Reading {
        guard stage == .open else { return stage == .answered ? .drop : .close }
        isReading = true
        wantsClose = closes
        bodyLeft = length
        self.expectsContinue = expectsContinue
        return .pass
    }

    package mutating func readBody(_ count: Int) -> Reading {
        expectsContinue = false
        bodyLeft = bodyLeft.map { $0 - count }
        guard stage != .open else { return .pass }
        patience -= count
        return patience < 0 && stage == .closed ? .close : .drop
    }

    package mutating func readEnd() -> Reading {
        isReading = false
        expectsContinue = false
        return switch stage {
        case .open: .pass
        case .answered: .drop
        case .closed: .close
        }
    }

    /// Somebody wants the body; true if its client has to be told to send it.
    package mutating func wantBody() -> Bool {
        guard expectsContinue, !isAnswering else { return false }
        expectsContinue = false
        return true
    }

    /// An answer begins; true if it has to say that the connection ends with it.
    package mutating func writeHead() -> Bool {
        isAnswering = true
        // A client that was not told to send its body may or may not do so; only a new connection is clear.
        let isCheap = !expectsContinue && bodyLeft.map { $0 <= Self.cheapBytes } ?? false
        isClosing = wantsClose || (isReading && !isCheap)
        return isClosing
    }

    /// An answer is complete; true if our side is to be closed once it is sent.
    package mutating func writeEnd() -> Bool {
        isAnswering = false
        if isClosing { stage = .answered }
        return isClosing
    }

    /// Whoever answers wants our side closed; false if that comes by itself.
    package func closesOutput() -> Bool { stage == .open }

    /// Our side is closed.
    package mutating func close() -> Closing {
        stage = .closed
        return isReading ? .readOn : .wait
    }
}
