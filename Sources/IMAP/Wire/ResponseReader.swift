import NIOCore

/// Cuts the byte stream into responses and lets mails stream through.
///
/// Bytes in any portions in, events out, no I/O. Text and small literals of one response collect in one array; the literal
/// of a mail never does: its bytes are handed out as slices of what came from the socket. Every byte is looked at once.
struct ResponseReader {
    /// What the bytes so far amount to.
    enum Event: Equatable {
        case response(Response)
        /// The literal of a mail begins; the UID where it was said before it.
        case bodyBegan(uid: UInt32?, size: Int)
        case bodyBytes(ByteBuffer)
        case bodyEnded
    }
    /// Why the stream cannot be read any further.
    enum Failure: Error, Equatable {
        case limit(String)
        case violation(String)
    }
    private enum State {
        case text
        case literal(remaining: Int)
        case body(remaining: Int)
        case failed(Failure)
    }

    /// Literals of mails in one response; we ask for one.
    private static let bodiesPerResponse = 16

    private let limits: IMAPLimits
    private var state = State.text
    private var input = ByteBuffer()
    private var collected: [UInt8] = []
    private var literalBytes = 0
    private var streamedLiterals: [Int] = []
    private let keepsLogLines: Bool
    /// The response just read, for the log: its first line, without strings that can hold mail.
    ///
    /// Nil where not wanted.
    private(set) var logLine: String?

    init(limits: IMAPLimits, keepsLogLines: Bool = false) {
        self.limits = limits
        self.keepsLogLines = keepsLogLines
    }

    /// Whether a response has begun and not ended.
    var isMidResponse: Bool {
        if case .text = self.state { return !self.collected.isEmpty }
        return true
    }

    /// Adds bytes from the socket.
    mutating func feed(_ bytes: ByteBuffer) {
        guard self.input.readableBytes > 0 else {
            self.input = bytes
            return
        }
        var bytes = bytes
        self.input.writeBuffer(&bytes)
    }

    /// The next event, or nil where more bytes are needed.
    mutating func next() throws(Failure) -> Event? {
        do throws(Failure) {
            while true {
                switch self.state {
                case .failed(let failure):
                    throw failure
                case .body(let remaining):
                    return self.nextBody(remaining: remaining)
                case .literal(let remaining):
                    guard self.collect(remaining: remaining) else { return nil }
                case .text:
                    guard try self.collectLine() else { return nil }
                    if let event = try self.endOfLine() { return event }
                }
            }
        } catch {
            self.state = .failed(error)
            throw error
        }
    }

    // MARK: - Literals

    private mutating func nextBody(remaining: Int) -> Event? {
        if remaining == 0 {
            self.state = .text
            return .bodyEnded
        }
        let length = min(remaining, self.input.readableBytes)
        guard length > 0, let slice = self.input.readSlice(length: length) else { return nil }
        self.state = .body(remaining: remaining - length)
        return .bodyBytes(slice)
    }

    /// True where the literal is complete.
    private mutating func collect(remaining: Int) -> Bool {
        let length = min(remaining, self.input.readableBytes)
        self.collected += self.input.readableBytesView.prefix(length)
        self.input.moveReaderIndex(forwardBy: length)
        self.state = remaining == length ? .text : .literal(remaining: remaining - length)
        return remaining == length
    }

    // MARK: - Lines

    /// Moves bytes up to and including the next line end.
    ///
    /// True where one was found.
    private mutating func collectLine() throws(Failure) -> Bool {
        if self.collected.isEmpty { self.skipNoise() }
        let view = self.input.readableBytesView
        guard !view.isEmpty else { return false }
        let end = view.firstIndex(of: Byte.lineFeed)
        let length = end.map { $0 - view.startIndex + 1 } ?? view.count
        let textLength = self.collected.count - self.literalBytes + length
        guard textLength <= self.limits.line || textLength <= self.lineLimit(adding: view.prefix(16)) else {
            throw .limit("line")
        }
        self.collected += view.prefix(length)
        self.input.moveReaderIndex(forwardBy: length)
        return end != nil
    }

    /// NUL bytes and empty lines between responses, as some servers send them.
    private mutating func skipNoise() {
        while let byte = self.input.getInteger(at: self.input.readerIndex, as: UInt8.self),
            byte == 0 || byte == Byte.carriageReturn || byte == Byte.lineFeed
        {
            self.input.moveReaderIndex(forwardBy: 1)
        }
    }

    private func lineLimit(adding bytes: some Collection<UInt8>) -> Int {
        let head = self.collected.prefix(16) + bytes
        let isSet = ["* VANISHED", "* SEARCH", "* ESEARCH"].contains { name in
            head.count >= name.utf8.count && zip(head, name.utf8).allSatisfy { Byte.uppercased($0) == $1 }
        }
        return isSet ? self.limits.setLine : self.limits.line
    }

    /// A line is complete: either a literal follows, or the response is.
    private mutating func endOfLine() throws(Failure) -> Event? {
        guard let literal = try self.announcedLiteral() else {
            return .response(try self.parseCollected())
        }
        if self.isBody(before: literal.brace) {
            guard literal.length <= self.limits.bodyLiteral else { throw .limit("body literal") }
            guard self.streamedLiterals.count < Self.bodiesPerResponse else {
                throw .limit("body literals in a response")
            }
            let uid = FetchParser.uid(inPrefix: self.collected)
            self.streamedLiterals.append(self.collected.count)
            self.state = .body(remaining: literal.length)
            return .bodyBegan(uid: uid, size: literal.length)
        }
        guard literal.length <= self.limits.literal else { throw .limit("literal") }
        self.literalBytes += literal.length
        guard self.collected.count + literal.length <= max(self.limits.response, self.limits.setLine) else {
            throw .limit("response")
        }
        self.state = .literal(remaining: literal.length)
        return nil
    }

    private func makeLogLine() -> String {
        let line = String(
            decoding: self.collected.prefix { $0 != Byte.lineFeed && $0 != Byte.carriageReturn },
            as: UTF8.self
        )
        guard let body = line.firstRange(of: "BODY[") else { return line }
        return line[..<body.lowerBound] + "BODY[…"
    }

    private mutating func parseCollected() throws(Failure) -> Response {
        if self.keepsLogLines { self.logLine = self.makeLogLine() }
        var parser = ResponseParser(
            self.collected,
            streamedLiterals: self.streamedLiterals,
            nestingLimit: self.limits.nesting
        )
        let response: Response
        do {
            response = try parser.parse()
        } catch {
            throw .violation(error.text)
        }
        self.collected.removeAll(keepingCapacity: self.collected.capacity <= self.limits.line)
        self.streamedLiterals.removeAll(keepingCapacity: true)
        self.literalBytes = 0
        return response
    }

    /// `{n}` at the end of the line, where a literal can stand: in data, not in the text of a condition.
    private func announcedLiteral() throws(Failure) -> (brace: Int, length: Int)? {
        var index = self.collected.count - 1
        if index > 0, self.collected[index - 1] == Byte.carriageReturn { index -= 1 }
        guard index > 1, self.collected[index - 1] == Byte.closeBrace, self.holdsData else { return nil }
        index -= 2
        if self.collected[index] == Byte.plus { index -= 1 }
        var digits = 0
        while index > 0, (0x30...0x39).contains(self.collected[index]) {
            index -= 1
            digits += 1
        }
        guard digits > 0, self.collected[index] == Byte.openBrace else { return nil }
        var length = 0
        for byte in self.collected[(index + 1)..<(index + 1 + digits)] {
            let (product, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(Int(byte - 0x30))
            guard !overflow, !carried else { throw .limit("literal") }
            length = sum
        }
        return (index, length)
    }

    private var holdsData: Bool {
        guard self.collected.first == Byte.star, self.collected.count > 2 else { return false }
        if self.collected[2] == Byte.openBracket { return false }
        return !["OK ", "NO ", "BAD ", "BYE ", "PREAUTH "].contains { word in
            let head = self.collected[2...].prefix(word.utf8.count)
            return head.elementsEqual(word.utf8) { Byte.uppercased($0) == $1 }
        }
    }

    /// Whether the literal that begins at `brace` is a mail: it follows `BODY[…]`, `BODY[…]<0>` or `RFC822` in a FETCH.
    private func isBody(before brace: Int) -> Bool {
        guard self.collected.count > 2, (0x30...0x39).contains(self.collected[2]) else { return false }
        var index = brace - 1
        if index > 0, self.collected[index] == Byte.tilde { index -= 1 }
        while index > 0, self.collected[index] == Byte.space { index -= 1 }
        let last = self.collected[index]
        if last == Byte.closeBracket || last == Byte.greater { return true }
        return ["RFC822", "RFC822.TEXT", "RFC822.HEADER"].contains { name in
            let length = name.utf8.count
            guard index + 1 >= length else { return false }
            return self.collected[(index + 1 - length)...index].elementsEqual(name.utf8) { Byte.uppercased($0) == $1 }
        }
    }
}
