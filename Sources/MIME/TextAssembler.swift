/// Chooses the parts a person reads and makes one text of them.
///
/// Of the alternatives of a `multipart/alternative` plain text is taken, and the HTML beside it kept apart; other parts
/// follow one another. Attachments and enclosed mails are no text, except that a mail which is nothing but an enclosed
/// one shows that one's.
struct TextAssembler {
    private(set) var text: [UInt8] = []
    private(set) var html: [UInt8]?
    private(set) var isTruncated = false
    private(set) var source = TextSource.none

    private enum Form { case plain, html }

    private struct Candidate {
        let part: Int
        let form: Form
        /// Whether it is HTML that stands beside plain text.
        let isAlternative: Bool
    }

    mutating func run(_ input: Span<UInt8>, _ parts: inout [MailPart], lines: LineReader, context: inout ParseContext) {
        self.assemble(input, &parts, isEnclosed: false, lines, &context)
        if self.source == .none, parts.first?.contentType.type == "message" {
            self.assemble(input, &parts, isEnclosed: true, lines, &context)
        }
    }

    private mutating func assemble(
        _ input: Span<UInt8>,
        _ parts: inout [MailPart],
        isEnclosed: Bool,
        _ lines: LineReader,
        _ context: inout ParseContext
    ) {
        var alternatives: [Candidate] = []
        for candidate in Self.candidates(input, parts, isEnclosed: isEnclosed, &context) {
            if candidate.isAlternative {
                alternatives.append(candidate)
                continue
            }
            let part = parts[candidate.part]
            if part.filename != nil, self.source != .none { continue }
            let body = self.read(input, &parts, candidate, lines, &context)
            guard !BodyText.isBlank(body) else { continue }
            parts[candidate.part].isText = true
            self.add(body, candidate.form, &context)
        }
        var html: [UInt8] = []
        for candidate in alternatives where html.count < context.limits.text {
            guard context.limits.readsAlternatives || self.source == .none else { break }
            let body = self.read(input, &parts, candidate, lines, &context)
            parts[candidate.part].isText = true
            guard !BodyText.isBlank(body) else { continue }
            if !html.isEmpty { html.append(contentsOf: [ASCII.lineFeed, ASCII.lineFeed]) }
            html.append(contentsOf: body)
        }
        guard !html.isEmpty else { return }
        if html.cutUTF8(to: context.limits.text) { context.note(.textCut) }
        if self.source == .none {
            self.add(html, .html, &context)
        } else {
            self.html = html
        }
    }

    private mutating func add(_ body: [UInt8], _ form: Form, _ context: inout ParseContext) {
        if self.text.isEmpty {
            self.text = body
        } else {
            if self.text.last != ASCII.lineFeed { self.text.append(ASCII.lineFeed) }
            self.text.append(ASCII.lineFeed)
            self.text.append(contentsOf: body)
        }
        context.count(body.count / 16)
        if form == .html {
            self.source = .html
        } else if self.source == .none {
            self.source = .plain
        }
        if self.text.cutUTF8(to: context.limits.text) {
            context.note(.textCut)
            self.isTruncated = true
        }
    }

    // MARK: - Choice

    /// The text parts in order.
    ///
    /// Two passes over the flat tree, each node asked a bounded number of times.
    private static func candidates(
        _ input: Span<UInt8>,
        _ parts: [MailPart],
        isEnclosed: Bool,
        _ context: inout ParseContext
    ) -> [Candidate] {
        var holdsPlain = [Bool](repeating: false, count: parts.count)
        for (index, part) in parts.enumerated() where self.form(of: part, isEnclosed: isEnclosed) == .plain {
            guard self.holdsText(input, part.bodyRange, &context) else { continue }
            var current: Int? = index
            while let node = current, !holdsPlain[node] {
                holdsPlain[node] = true
                context.count(1)
                current = parts[node].parent
            }
        }
        // Whether some multipart/alternative around a part has plain text to offer.
        var isCovered = [Bool](repeating: false, count: parts.count)
        var candidates: [Candidate] = []
        context.count(2 * parts.count)
        for (index, part) in parts.enumerated() {
            let isAlternative = part.contentType.type == "multipart" && part.contentType.subtype == "alternative"
            isCovered[index] = part.parent.map { isCovered[$0] } ?? false || isAlternative && holdsPlain[index]
            guard let form = self.form(of: part, isEnclosed: isEnclosed) else { continue }
            let isBeside = form == .html && (part.parent.map { isCovered[$0] } ?? false)
            candidates.append(Candidate(part: index, form: form, isAlternative: isBeside))
        }
        return candidates
    }

    private static func form(of part: MailPart, isEnclosed: Bool) -> Form? {
        guard !part.isMultipart, part.isEnclosed == isEnclosed, part.disposition == .inline else { return nil }
        guard part.contentType.type == "text" else { return nil }
        switch part.contentType.subtype {
        case "plain", "markdown", "enriched", "x-plain": return .plain
        case "html", "x-html": return .html
        default: return nil
        }
    }

    /// Whether a body has a visible byte; asked of its beginning only.
    private static func holdsText(_ input: Span<UInt8>, _ range: Range<Int>, _ context: inout ParseContext) -> Bool {
        let probe = range.prefix(4_096)
        for index in probe where !ASCII.isWhitespace(input[index]) {
            context.count(index - range.lowerBound)
            return true
        }
        context.count(probe.count)
        return range.count > probe.count
    }

    // MARK: - One part

    private func read(
        _ input: Span<UInt8>,
        _ parts: inout [MailPart],
        _ candidate: Candidate,
        _ lines: LineReader,
        _ context: inout ParseContext
    ) -> [UInt8] {
        let part = parts[candidate.part]
        context.offset = part.headerRange.lowerBound
        guard self.text.count < context.limits.text else { return [] }
        let limit = candidate.form == .html ? context.limits.html : 2 * context.limits.text + 64
        var raw = self.rawBody(input, part, limit: limit, &context)
        if raw.count > limit {
            raw.removeSubrange(limit...)
            context.note(candidate.form == .html ? .htmlCut : .textCut)
        }
        let charset = part.contentType.parameter("charset") ?? (candidate.form == .html ? Self.metaCharset(raw) : nil)
        let decoded = Charset.decode(raw, name: charset, context: &context)
        var body: [UInt8] = []
        BodyText.append(decoded, to: &body)
        // A byte order mark is no text.
        if body.starts(with: [0xEF, 0xBB, 0xBF]) { body.removeFirst(3) }
        context.count(decoded.count)
        switch candidate.form {
        case .plain:
            guard part.contentType.parameter("format").map({ ASCII.token($0.utf8) == "flowed" }) == true else {
                return body
            }
            let deletesSpace = part.contentType.parameter("delsp").map { ASCII.token($0.utf8) == "yes" } == true
            var steps = 0
            defer { context.count(steps) }
            return FlowedText.unflow(body, deletesSpace: deletesSpace, steps: &steps)
        case .html:
            let result = HTMLText.convert(body, limit: context.limits.text, depth: context.limits.htmlDepth)
            context.count(result.steps)
            if result.isCut { context.note(.textCut) }
            if result.isSimplified { context.note(.htmlSimplified) }
            return result.text
        }
    }

    /// The decoded bytes of a text part without the uuencoded blocks in it.
    private func rawBody(_ input: Span<UInt8>, _ part: MailPart, limit: Int, _ context: inout ParseContext) -> [UInt8] {
        guard !part.blocks.isEmpty else {
            let body = TransferDecoder.decode(input, part.bodyRange, part.transferEncoding, limit: limit + 1)
            context.count(min(part.bodyRange.count, 4 * (limit + 1)))
            if body.isDamaged { context.note(.damagedEncoding) }
            return body.bytes
        }
        var output: [UInt8] = []
        var position = part.bodyRange.lowerBound
        for block in part.blocks {
            output.append(input, position..<block.lowerBound)
            position = block.upperBound
        }
        output.append(input, position..<part.bodyRange.upperBound)
        context.count(output.count / 16)
        return output
    }

    /// The charset an HTML document names in its first kilobyte (WHATWG HTML §13.2.3.2, simplified).
    private static func metaCharset(_ html: [UInt8]) -> String? {
        let head = html.prefix(1_024)
        var index = head.startIndex
        while let found = head[index...].firstIndex(where: { $0 | 0x20 == 0x63 }) {
            if ASCII.equals(head[found...].prefix(8), "charset=") {
                var start = found + 8
                if start < head.endIndex, head[start] == 0x22 || head[start] == 0x27 { start += 1 }
                let name = head[start...].prefix {
                    $0 > 0x20 && $0 != 0x22 && $0 != 0x27 && $0 != 0x3E && $0 != 0x3B && $0 != 0x2F
                }
                return name.isEmpty ? nil : ASCII.token(name)
            }
            index = found + 1
        }
        return nil
    }
}

/// What ``MailMessage/text`` was made of.
package enum TextSource: String, Sendable, Equatable, CaseIterable {
    /// Plain text only.
    case plain
    /// HTML, at least in part.
    case html
    /// There is no readable text.
    case none
}
