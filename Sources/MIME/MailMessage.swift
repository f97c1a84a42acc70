/// One mail, read as far as a helpdesk needs it.
///
/// Parsing never fails: every sequence of bytes yields a message, at worst one without a subject whose body is
/// everything. All text is valid UTF-8 without U+0000 and without control characters (line ends and tabs of ``text``
/// apart); what was cut or repaired is listed in ``problems``. The raw bytes stay the truth: parts are ranges of them.
///
/// 1. Parse the raw bytes once with ``parse(_:limits:)``, file the message by its ids, addresses and kind.
/// 2. Keep the raw bytes. ``decodedBody(of:in:)`` gives an attachment's bytes when somebody asks for it.
///
/// Source: RFC 5322, RFC 2045–2047, RFC 2231, RFC 6532.
package struct MailMessage: Sendable, Equatable {
    /// RFC 2047 decoded, in one line, white space collapsed, at most 998 Unicode scalars; empty when absent.
    package internal(set) var subject = ""
    /// Who wrote it, groups flattened; of several `From` fields the first with an address in it.
    package internal(set) var from: [MailAddress] = []
    /// How many `From` fields there are; any other number than 1 is not to be trusted.
    package internal(set) var fromFieldCount = 0
    /// Who sent it for the author.
    package internal(set) var sender: [MailAddress] = []
    /// Where answers go.
    package internal(set) var replyTo: [MailAddress] = []
    /// All `To` fields together.
    package internal(set) var to: [MailAddress] = []
    /// All `Cc` fields together.
    package internal(set) var cc: [MailAddress] = []
    /// All `Bcc` fields together.
    package internal(set) var bcc: [MailAddress] = []
    /// The topmost `Return-Path`; nil when absent, ``MailAddress/isNull`` for `<>`.
    package internal(set) var returnPath: MailAddress?
    /// The header's date; nil when unreadable or outside the years 1970 to 9999.
    package internal(set) var date: MailDate?
    /// Microseconds since 1970 UTC of each `Received` field, topmost first, at most 100; unreadable ones are left out.
    package internal(set) var received: [Int64] = []
    /// The first `Message-ID` with brackets, white space removed, at most 2,048 bytes; nil when absent, empty or
    /// longer.
    package internal(set) var messageID: String?
    /// The ids of `In-Reply-To` with brackets, the first 100.
    package internal(set) var inReplyTo: [String] = []
    /// The ids of `References` with brackets, oldest first, the newest 100, each once (where it stands last).
    package internal(set) var references: [String] = []
    /// The keyword of `Auto-Submitted` (RFC 3834 §5), small letters; nil when absent.
    package internal(set) var autoSubmitted: String?
    /// Whether a person wrote it.
    package internal(set) var kind = MailKind.human
    /// The `Authentication-Results` fields above the topmost `Received`, in order; empty when there is no `Received`.
    package internal(set) var authenticationResults: [AuthenticationResults] = []
    /// The text to read, LF line ends, at most 512 KiB of UTF-8: plain text, `format=flowed` joined, else the text of
    /// the HTML.
    package internal(set) var text = ""
    /// Whether ``text`` was cut.
    package internal(set) var textIsTruncated = false
    /// What ``text`` was made of.
    package internal(set) var textSource = TextSource.none
    /// The text of the HTML that stands beside the plain text ``text`` was made of; nil when there is none, or when
    /// ``MailLimits/readsAlternatives`` is off.
    package internal(set) var htmlText: String?
    /// All parts in the order they stand, containers before what they hold; at least one.
    package internal(set) var parts: [MailPart] = []
    /// What was cut, repaired or not understood, at most 200.
    package internal(set) var problems: [MailProblem] = []
    /// What parsing cost, in turns of loops; at most 32 for each byte and a constant.
    package internal(set) var stepCount = 0

    /// Reads a mail.
    ///
    /// - Parameters:
    ///   - bytes: The raw mail, with any line ends.
    ///   - limits: How much of it is looked at.
    /// - Returns: The message; there is no failure.
    package static func parse(_ bytes: [UInt8], limits: MailLimits = .default) -> MailMessage {
        self.parse(bytes.span, limits: limits)
    }

    /// Reads a mail where it lies.
    ///
    /// - Parameters:
    ///   - bytes: The raw mail, with any line ends.
    ///   - limits: How much of it is looked at.
    /// - Returns: The message; there is no failure.
    package static func parse(_ bytes: borrowing Span<UInt8>, limits: MailLimits = .default) -> MailMessage {
        let input = copy bytes
        var context = ParseContext(limits: limits)
        let lines = LineReader(input, 0..<input.count)
        var structure = StructureParser(lines: lines)
        structure.parse(input, context: &context)
        var message = MailMessage()
        message.parts = structure.parts
        context.declaredCharset = message.parts.first { $0.contentType.parameter("charset") != nil }?.contentType
            .parameter("charset")
        message.readHeader(input, structure.top, context: &context)
        message.splitBlocks(input, lines: lines, context: &context)
        var assembler = TextAssembler()
        assembler.run(input, &message.parts, lines: lines, context: &context)
        message.text = String(decoding: assembler.text, as: UTF8.self)
        message.textIsTruncated = assembler.isTruncated
        message.textSource = assembler.source
        message.htmlText = assembler.html.map { String(decoding: $0, as: UTF8.self) }
        message.problems = context.problems
        message.stepCount = context.steps
        return message
    }

    /// The bytes of a part as the sender had them.
    ///
    /// - Parameters:
    ///   - part: A part of this message.
    ///   - bytes: The raw mail it was parsed from.
    /// - Returns: All that could be decoded; the raw body where the encoding is unknown.
    package func decodedBody(of part: MailPart, in bytes: [UInt8]) -> [UInt8] {
        self.decode(part, in: bytes).bytes
    }

    /// The bytes of a part as the sender had them, and whether its encoding was whole.
    ///
    /// - Parameters:
    ///   - part: A part of this message.
    ///   - bytes: The raw mail it was parsed from.
    /// - Returns: All that could be decoded.
    package func decode(_ part: MailPart, in bytes: [UInt8]) -> DecodedBody {
        let range = part.bodyRange.clamped(to: 0..<bytes.count)
        return TransferDecoder.decode(bytes.span, range, part.transferEncoding)
    }

    /// The values of a top-level field, unfolded and decoded like a subject.
    ///
    /// - Parameters:
    ///   - name: The field's name, in any case.
    ///   - bytes: The raw mail it was parsed from.
    /// - Returns: The values in order, at most 100.
    package func headerValues(named name: String, in bytes: [UInt8]) -> [String] {
        guard let header = self.parts.first?.headerRange.clamped(to: 0..<bytes.count) else { return [] }
        let wanted = ASCII.token(name.utf8)
        let input = bytes.span
        var context = ParseContext(limits: .default)
        let reader = HeaderReader(lines: LineReader(input, 0..<bytes.count))
        let block = reader.read(input, from: header.lowerBound, to: header.upperBound, isMail: true, context: &context)
        { _, _ in
            false
        }
        var values: [String] = []
        for field in block.fields where values.count < 100 && ASCII.token(input.bytes(in: field.name)) == wanted {
            values.append(HeaderText.line(HeaderText.unfold(input, field.value, context: &context), context: &context))
        }
        return values
    }
}
