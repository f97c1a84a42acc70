/// Cuts a stream of bytes into responses and lets mails stream past, free of I/O and of any buffer's type.
///
/// It is given what is there and says how much of it it has taken. Text and small literals of one response collect in one
/// array; the bytes of a mail never do: the caller passes them on. Every byte is looked at once, and once more by the parser.
struct ResponseFramer {
    /// What the bytes so far amount to.
    enum Step: Equatable {
        /// More bytes are needed.
        case starved
        case response(Response)
        /// The literal of a mail begins; the UID where it was said before it.
        case bodyBegan(uid: UInt32?, size: Int, section: BodySection)
        /// The next bytes, as many as said, are the mail's; they count as taken.
        case body(length: Int)
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

    private let limits: IMAPLimits
    private let keepsLogLines: Bool
    private var state = State.text
    private var collected: [UInt8] = []
    /// Where the current line begins in what is collected: behind the literal before it.
    private var lineStart = 0
    private var literalBytes = 0
    private var streamedLiterals: [Int] = []
    /// Literals of this response that looked like a mail's; each made us read what came before it.
    private var candidates = 0
    /// What was read of this response before the last mail's bytes.
    private var progress: FetchParser.Progress?

    /// The response just read, for the log: its first line, without strings that can hold mail.
    ///
    /// Nil where not wanted.
    private(set) var logLine: String?
    /// What reading cost so far, in steps of the cost law.
    private(set) var steps = 0

    init(limits: IMAPLimits, keepsLogLines: Bool = false) {
        self.limits = limits
        self.keepsLogLines = keepsLogLines
    }

    /// Whether a response has begun and not ended.
    var isMidResponse: Bool {
        if case .text = self.state { return !self.collected.isEmpty }
        return true
    }

    /// The next step; adds to `taken` how many bytes of `input` it used up.
    mutating func next(_ input: Span<UInt8>, taken: inout Int) throws(Failure) -> Step {
        do throws(Failure) {
            while true {
                switch self.state {
                case .failed(let failure):
                    throw failure
                case .body(let remaining):
                    return self.body(remaining: remaining, available: input.count - taken, taken: &taken)
                case .literal(let remaining):
                    guard self.collect(remaining: remaining, input, &taken) else { return .starved }
                case .text:
                    guard try self.collectLine(input, &taken) else { return .starved }
                    if let step = try self.endOfLine() { return step }
                }
            }
        } catch {
            self.state = .failed(error)
            throw error
        }
    }

    // MARK: - Literals

    private mutating func body(remaining: Int, available: Int, taken: inout Int) -> Step {
        self.steps += 1
        if remaining == 0 {
            self.state = .text
            return .bodyEnded
        }
        let length = min(remaining, available)
        guard length > 0 else { return .starved }
        self.state = .body(remaining: remaining - length)
        taken += length
        return .body(length: length)
    }

    /// True where the literal is complete.
    private mutating func collect(remaining: Int, _ input: Span<UInt8>, _ taken: inout Int) -> Bool {
        let length = min(remaining, input.count - taken)
        self.append(input.extracting(taken..<(taken + length)))
        taken += length
        self.lineStart = self.collected.count
        self.state = remaining == length ? .text : .literal(remaining: remaining - length)
        return remaining == length
    }

    private mutating func append(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { self.collected.append(contentsOf: $0) }
        self.steps += bytes.count + 1
    }

    // MARK: - Lines

    /// Moves bytes up to and including the next line end.
    ///
    /// True where one was found.
    private mutating func collectLine(_ input: Span<UInt8>, _ taken: inout Int) throws(Failure) -> Bool {
        if self.collected.isEmpty {
            // NUL bytes and empty lines between responses, as some servers send them.
            while taken < input.count, Self.isNoise(input[taken]) {
                taken += 1
                self.steps += 1
            }
        }
        guard taken < input.count else { return false }
        var end = taken
        while end < input.count, input[end] != Byte.lineFeed { end += 1 }
        let isComplete = end < input.count
        if isComplete { end += 1 }
        let piece = input.extracting(taken..<end)
        let textLength = self.collected.count - self.literalBytes + piece.count
        guard textLength <= self.limits.line || textLength <= self.lineLimit(adding: piece) else {
            throw .limit("line")
        }
        self.append(piece)
        taken = end
        return isComplete
    }

    private static func isNoise(_ byte: UInt8) -> Bool {
        byte == 0 || byte == Byte.carriageReturn || byte == Byte.lineFeed
    }

    private func lineLimit(adding bytes: Span<UInt8>) -> Int {
        var head = Array(self.collected.prefix(16))
        for index in 0..<min(16, bytes.count) { head.append(bytes[index]) }
        let isSet = ["* VANISHED", "* SEARCH", "* ESEARCH"].contains { name in
            head.count >= name.utf8.count && zip(head, name.utf8).allSatisfy { Byte.uppercased($0) == $1 }
        }
        return isSet ? self.limits.setLine : self.limits.line
    }

    /// A line is complete: either a literal follows, or the response is.
    private mutating func endOfLine() throws(Failure) -> Step? {
        guard let literal = try self.announcedLiteral() else {
            return .response(try self.parseCollected())
        }
        self.lineStart = self.collected.count
        if self.mayBeBody(before: literal.brace) {
            guard self.candidates < self.limits.bodies else { throw .limit("body literals in a response") }
            self.candidates += 1
            let before = FetchParser.announcement(
                in: self.collected,
                streamed: self.streamedLiterals,
                after: self.progress,
                limits: self.limits
            )
            self.steps += before.steps
            if let section = before.section {
                guard literal.length <= self.limits.bodyLiteral else { throw .limit("body literal") }
                self.streamedLiterals.append(self.collected.count)
                self.progress = before.progress
                self.state = .body(remaining: literal.length)
                return .bodyBegan(uid: before.uid, size: literal.length, section: section)
            }
        }
        guard literal.length <= self.limits.literal else { throw .limit("literal") }
        self.literalBytes += literal.length
        guard self.literalBytes <= self.limits.response else { throw .limit("response") }
        self.state = .literal(remaining: literal.length)
        return nil
    }

    private mutating func parseCollected() throws(Failure) -> Response {
        if self.keepsLogLines { self.logLine = self.makeLogLine() }
        let response = try self.parse()
        self.collected.removeAll(keepingCapacity: self.collected.capacity <= self.limits.line)
        self.streamedLiterals.removeAll(keepingCapacity: true)
        self.literalBytes = 0
        self.lineStart = 0
        self.candidates = 0
        return response
    }

    /// On its own, so that nothing holds the collected bytes any more when they are reused.
    private mutating func parse() throws(Failure) -> Response {
        var parser = ResponseParser(
            self.collected,
            streamedLiterals: self.streamedLiterals,
            progress: self.progress.take(),
            limits: self.limits
        )
        do {
            let response = try parser.parse()
            self.steps += parser.cursor.steps
            return response
        } catch {
            throw .violation(error.text)
        }
    }

    private func makeLogLine() -> String {
        let line = String(
            decoding: self.collected.prefix { $0 != Byte.lineFeed && $0 != Byte.carriageReturn },
            as: UTF8.self
        )
        guard let body = line.firstRange(of: "BODY[") else { return line }
        return line[..<body.lowerBound] + "BODY[…"
    }

    // MARK: - Announced literals

    /// `{n}` at the end of the line, where a literal can stand: in data, not in the text of a condition.
    ///
    /// What belongs to a literal before it is never read as part of it.
    private mutating func announcedLiteral() throws(Failure) -> (brace: Int, length: Int)? {
        var index = self.collected.count - 1
        if index > self.lineStart, self.collected[index - 1] == Byte.carriageReturn { index -= 1 }
        guard index - 2 >= self.lineStart, self.collected[index - 1] == Byte.closeBrace, self.holdsData else {
            return nil
        }
        index -= 2
        if index > self.lineStart, self.collected[index] == Byte.plus { index -= 1 }
        let end = index + 1
        while index > self.lineStart, Byte.isDigit(self.collected[index]) { index -= 1 }
        self.steps += end - index
        guard index + 1 < end, self.collected[index] == Byte.openBrace else { return nil }
        var length = 0
        for byte in self.collected[(index + 1)..<end] {
            let (product, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(Int(byte - 0x30))
            guard !overflow, !carried else { throw .limit("literal") }
            length = sum
        }
        return (index, length)
    }

    /// Where an untagged response begins behind its star, or nil where it is none.
    private var untaggedStart: Int? {
        guard self.collected.first == Byte.star else { return nil }
        var start = 1
        while start < self.collected.count, self.collected[start] == Byte.space { start += 1 }
        return start < self.collected.count ? start : nil
    }

    /// Whether the response is untagged and says more than OK, NO, BAD, BYE or PREAUTH.
    private var holdsData: Bool {
        guard let start = self.untaggedStart, self.collected[start] != Byte.openBracket else { return false }
        // Nearly all of them.
        if Byte.isDigit(self.collected[start]) { return true }
        return !["OK ", "NO ", "BAD ", "BYE ", "PREAUTH "].contains { word in
            let head = self.collected[start...].prefix(word.utf8.count)
            return head.elementsEqual(word.utf8) { Byte.uppercased($0) == $1 }
        }
    }

    /// Whether the literal that begins at `brace` looks like a mail's: behind `BODY[…]`, `BODY[…]<0>` or `RFC822`, numbered.
    private func mayBeBody(before brace: Int) -> Bool {
        guard let start = self.untaggedStart, Byte.isDigit(self.collected[start]) else { return false }
        var index = brace - 1
        if index > 0, self.collected[index] == Byte.tilde { index -= 1 }
        while index > 0, self.collected[index] == Byte.space { index -= 1 }
        switch Byte.uppercased(self.collected[index]) {
        case Byte.closeBracket, Byte.greater: return true
        default:
            return ["RFC822", "RFC822.TEXT", "RFC822.HEADER"].contains { name in
                let length = name.utf8.count
                guard index + 1 >= length else { return false }
                return self.collected[(index + 1 - length)...index].elementsEqual(name.utf8) {
                    Byte.uppercased($0) == $1
                }
            }
        }
    }
}
