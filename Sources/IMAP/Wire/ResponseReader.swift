import NIOCore

/// A ``ResponseFramer`` over `ByteBuffer`s: bytes in any portions in, events out, mails as slices of what came from the socket.
struct ResponseReader {
    /// What the bytes so far amount to.
    enum Event: Equatable {
        case response(Response)
        /// The literal of a mail begins; the UID where it was said before it.
        case bodyBegan(uid: UInt32?, size: Int, section: BodySection)
        case bodyBytes(ByteBuffer)
        case bodyEnded
    }
    typealias Failure = ResponseFramer.Failure

    private var framer: ResponseFramer
    private var input = ByteBuffer()

    init(limits: IMAPLimits, keepsLogLines: Bool = false) {
        self.framer = ResponseFramer(limits: limits, keepsLogLines: keepsLogLines)
    }

    /// Whether a response has begun and not ended.
    var isMidResponse: Bool { self.framer.isMidResponse }

    /// The response just read, for the log; nil where not wanted.
    var logLine: String? { self.framer.logLine }

    /// Adds bytes from the socket.
    mutating func feed(_ bytes: ByteBuffer) {
        guard self.input.readableBytes > 0 else {
            self.input = bytes
            return
        }
        var bytes = bytes
        self.input.writeBuffer(&bytes)
    }

    /// Bytes nobody has looked at yet, taken away: where they begin, the stream changes its form.
    mutating func takeUnread() -> ByteBuffer {
        defer { self.input = ByteBuffer() }
        return self.input
    }

    /// The next event, or nil where more bytes are needed.
    mutating func next() throws(Failure) -> Event? {
        let input = self.input
        var taken = 0
        let step = try self.framer.next(input.readableBytesUInt8Span, taken: &taken)
        if case .body(let length) = step {
            // What was taken before the mail's bytes is none: they come in a step of their own.
            return self.input.readSlice(length: length).map { .bodyBytes($0) }
        }
        self.input.moveReaderIndex(forwardBy: taken)
        // A connection may stay silent for minutes: it shall not keep the buffer of what it said last.
        if self.input.readableBytes == 0 { self.input = ByteBuffer() }
        switch consume step {
        case .starved, .body: return nil
        case .response(let response): return .response(response)
        case .bodyBegan(let uid, let size, let section): return .bodyBegan(uid: uid, size: size, section: section)
        case .bodyEnded: return .bodyEnded
        }
    }
}
