/// Finds the parts of a mail with a stack of open multiparts and enclosed messages.
///
/// Source: RFC 2046 §5.1. One pass over the lines, no recursion. A line is a boundary only when it is exactly
/// `--boundary` or `--boundary--` of an open multipart, blanks after it ignored, so that a boundary which begins
/// another does no harm; found by a look-up, not by comparing with each open one.
struct StructureParser: ~Copyable {
    private struct Frame {
        let part: Int
        /// Nil for an enclosed message.
        let boundary: [UInt8]?
        /// The frame that had the same boundary before this one.
        let shadowed: Int?
        /// What the paths of parts within begin with.
        let prefix: String
        let isDigest: Bool
        /// Whether this is, or lies within, an enclosed message.
        let isEnclosed: Bool
        var children = 0
        var isClosed = false
    }

    private enum Next {
        case entity(at: Int)
        case scan(from: Int)
        case end
    }

    private struct Delimiter {
        let lineStart: Int
        let next: Int
        let frame: Int
        let isClosing: Bool
    }

    private(set) var parts: [MailPart] = []
    /// The header block of the mail itself.
    private(set) var top = HeaderBlock()
    private let reader: HeaderReader
    private var frames: [Frame] = []
    private var boundaries: [[UInt8]: Int] = [:]
    /// The part whose body is now being passed.
    private var openLeaf: Int?
    /// Where multiparts begin whose boundary, or last boundary, never came.
    private var unfound: [Int] = []
    private var unended: [Int] = []

    init(lines: LineReader) {
        self.reader = HeaderReader(lines: lines)
    }

    /// Reads the whole mail; `parts` has at least one element afterwards.
    mutating func parse(_ input: Span<UInt8>, context: inout ParseContext) {
        var next = Next.entity(at: 0)
        while true {
            switch next {
            case .entity(let start):
                next = self.readEntity(input, at: start, &context)
            case .scan(let start):
                guard let delimiter = self.findDelimiter(input, from: start, &context) else {
                    next = .end
                    continue
                }
                next = self.apply(delimiter, input)
            case .end:
                self.finish(input, &context)
                return
            }
        }
    }

    // MARK: - One part

    private mutating func readEntity(_ input: Span<UInt8>, at start: Int, _ context: inout ParseContext) -> Next {
        if self.parts.count >= context.limits.parts {
            context.note(.partLimit, at: start)
            self.openLeaf = self.parts.indices.last
            return .end
        }
        let isMail = self.frames.last.map { $0.boundary == nil } ?? true
        let boundaries = self.boundaries
        context.offset = start
        let block = self.reader.read(input, from: start, to: input.count, isMail: isMail, context: &context) {
            input,
            line in
            Self.match(input, line, boundaries) != nil
        }
        if self.parts.isEmpty { self.top = block }
        let part = self.makePart(input, block, start: start, &context)
        let index = self.parts.count
        self.parts.append(part)
        let isTooDeep = self.frames.count >= context.limits.depth
        if part.contentType.type == "multipart" {
            if isTooDeep {
                context.note(.depthLimit, at: start)
                self.parts[index].isMultipart = false
            } else if let boundary = self.boundary(of: part, input, &context) {
                self.open(boundary, part, index)
                return .scan(from: block.bodyStart)
            } else {
                self.parts[index].isMultipart = false
                self.parts[index].contentType = .textPlain
            }
        } else if part.contentType.type == "message", part.transferEncoding == .identity,
            part.contentType.subtype == "rfc822" || part.contentType.subtype == "global"
        {
            if !isTooDeep {
                self.frames.append(
                    Frame(
                        part: index,
                        boundary: nil,
                        shadowed: nil,
                        prefix: part.path + ".",
                        isDigest: false,
                        isEnclosed: true
                    )
                )
                return .entity(at: block.bodyStart)
            }
            context.note(.depthLimit, at: start)
        }
        self.openLeaf = index
        return .scan(from: block.bodyStart)
    }

    private mutating func open(_ boundary: [UInt8], _ part: MailPart, _ index: Int) {
        let isRoot = part.path.hasSuffix("TEXT")
        let prefix = isRoot ? String(part.path.dropLast(4)) : part.path + "."
        let frame = Frame(
            part: index,
            boundary: boundary,
            shadowed: self.boundaries[boundary],
            prefix: prefix,
            isDigest: part.contentType.subtype == "digest",
            isEnclosed: part.isEnclosed
        )
        self.boundaries[boundary] = self.frames.count
        self.frames.append(frame)
    }

    private mutating func makePart(
        _ input: Span<UInt8>,
        _ block: HeaderBlock,
        start: Int,
        _ context: inout ParseContext
    ) -> MailPart {
        context.offset = start
        var contentType: ContentType?
        var disposition: ParameterizedValue?
        var encoding: TransferEncoding?
        var contentID: String?
        for field in block.fields {
            switch field.known {
            case .contentType:
                if contentType != nil {
                    context.note(.repeatedContentType, at: field.name.lowerBound)
                } else {
                    let value = HeaderText.unfold(input, field.value, context: &context)
                    contentType = ContentType.parse(value, context: &context)
                    if contentType == nil { context.note(.invalidContentType, at: field.name.lowerBound) }
                }
            case .contentTransferEncoding where encoding == nil:
                encoding = TransferEncoding(field: HeaderText.unfold(input, field.value, context: &context))
            case .contentDisposition where disposition == nil:
                disposition = ParameterizedValue.parse(
                    HeaderText.unfold(input, field.value, context: &context),
                    context: &context
                )
            case .contentID where contentID == nil:
                let value = HeaderText.unfold(input, field.value, context: &context)
                contentID = MessageIdentifier.first(in: value, limit: context.limits.messageID)
            default:
                break
            }
        }
        let frame = self.frames.last
        let type = contentType ?? (frame?.isDigest == true ? .message : .textPlain)
        let isMultipart = type.type == "multipart"
        let path = self.nextPath(isMultipart: isMultipart)
        context.count(path.utf8.count / 16 + 1)
        return MailPart(
            path: path,
            contentType: type,
            disposition: Self.disposition(disposition),
            filename: Self.filename(disposition, type, &context),
            contentID: contentID,
            transferEncoding: isMultipart ? .identity : encoding ?? .identity,
            headerRange: block.start..<block.bodyStart,
            bodyRange: block.bodyStart..<block.bodyStart,
            depth: self.frames.count,
            parent: frame?.part,
            isMultipart: isMultipart,
            isEnclosed: frame?.isEnclosed ?? false
        )
    }

    /// Within a multipart, its prefix and the next number.
    ///
    /// The body of a message is `TEXT` when it is a multipart, else `1`.
    private mutating func nextPath(isMultipart: Bool) -> String {
        guard let last = self.frames.indices.last else { return isMultipart ? "TEXT" : "1" }
        if self.frames[last].boundary == nil { return self.frames[last].prefix + (isMultipart ? "TEXT" : "1") }
        self.frames[last].children += 1
        return self.frames[last].prefix + String(self.frames[last].children)
    }

    private static func disposition(_ value: ParameterizedValue?) -> Disposition {
        guard let value else { return .inline }
        let name = ASCII.token(value.value)
        return name.isEmpty || name == "inline" ? .inline : .attachment
    }

    private static func filename(
        _ disposition: ParameterizedValue?,
        _ type: ContentType,
        _ context: inout ParseContext
    ) -> String? {
        let named = disposition?.parameters.first { $0.name == "filename" }?.value
        guard let name = named ?? type.parameter("name"), !name.isEmpty else { return nil }
        guard name.utf8.count > context.limits.fileName else { return name }
        context.note(.fileNameCut)
        var bytes = Array(name.utf8)
        _ = bytes.cutUTF8(to: context.limits.fileName)
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: - Boundaries

    /// The boundary a multipart names, or, when it names none, the first line of its body that looks like one.
    private func boundary(of part: MailPart, _ input: Span<UInt8>, _ context: inout ParseContext) -> [UInt8]? {
        if let value = part.contentType.parameter("boundary") {
            var bytes = Array(value.utf8)
            while let last = bytes.last, ASCII.isWhitespace(last) { bytes.removeLast() }
            if !bytes.isEmpty, bytes.count <= context.limits.boundary { return bytes }
        }
        context.note(.missingBoundary)
        var position = part.bodyRange.lowerBound
        let limit = min(input.count, position + 4_096)
        while position < limit {
            let line = self.reader.lines.line(input, from: position, to: limit)
            context.count(line.next - position)
            if line.end - position > 4, line.end - position <= context.limits.boundary, input[position] == 0x2D,
                input[position + 1] == 0x2D
            {
                var bytes = input.bytes(in: position + 2..<line.end)
                while let last = bytes.last, ASCII.isWhitespace(last) { bytes.removeLast() }
                return bytes.isEmpty || bytes.contains(ASCII.space) || self.boundaries[bytes] != nil ? nil : bytes
            }
            position = line.next
        }
        return nil
    }

    private func findDelimiter(_ input: Span<UInt8>, from start: Int, _ context: inout ParseContext) -> Delimiter? {
        if self.boundaries.isEmpty { return nil }
        var position = start
        while position < input.count {
            let line = self.reader.lines.line(input, from: position, to: input.count)
            context.count(line.next - position)
            if line.end - position > 2, input[position] == 0x2D, input[position + 1] == 0x2D {
                context.count(2 * min(line.end - position, 300))
                if let match = Self.match(input, position..<line.end, self.boundaries) {
                    return Delimiter(
                        lineStart: position,
                        next: line.next,
                        frame: match.frame,
                        isClosing: match.isClosing
                    )
                }
            }
            position = line.next
        }
        return nil
    }

    /// The open multipart whose boundary a line is.
    ///
    /// Longer than the longest boundary with its hyphens, it is none.
    private static func match(
        _ input: Span<UInt8>,
        _ line: Range<Int>,
        _ boundaries: [[UInt8]: Int]
    ) -> (frame: Int, isClosing: Bool)? {
        guard !boundaries.isEmpty, line.count <= 300 else { return nil }
        var token = input.bytes(in: line.lowerBound + 2..<line.upperBound)
        while let last = token.last, ASCII.isWhitespace(last) { token.removeLast() }
        if let frame = boundaries[token] { return (frame, false) }
        guard token.count > 2, token[token.count - 1] == 0x2D, token[token.count - 2] == 0x2D else { return nil }
        token.removeLast(2)
        return boundaries[token].map { ($0, true) }
    }

    private mutating func apply(_ delimiter: Delimiter, _ input: Span<UInt8>) -> Next {
        var end = delimiter.lineStart
        if end > 0, input[end - 1] == self.reader.lines.terminator {
            end -= 1
            var returns = 0
            while returns < 2, end > 0, self.reader.lines.terminator == ASCII.lineFeed,
                input[end - 1] == ASCII.carriageReturn
            {
                end -= 1
                returns += 1
            }
        }
        self.close(above: delimiter.frame, at: end)
        guard delimiter.isClosing else { return .entity(at: delimiter.next) }
        self.frames[delimiter.frame].isClosed = true
        return .scan(from: delimiter.next)
    }

    /// Ends the open leaf and every frame that lies within `frame`.
    private mutating func close(above frame: Int, at end: Int) {
        if let leaf = self.openLeaf { self.endBody(leaf, at: end) }
        self.openLeaf = nil
        while self.frames.count > frame + 1 { self.pop(at: end) }
    }

    private mutating func pop(at end: Int) {
        guard let frame = self.frames.popLast() else { return }
        self.endBody(frame.part, at: end)
        guard let boundary = frame.boundary else { return }
        self.boundaries[boundary] = frame.shadowed
        // Its boundary never came: what would be lost as a preamble is the text.
        if frame.children == 0 {
            self.parts[frame.part].isMultipart = false
            self.parts[frame.part].contentType = .textPlain
            self.unfound.append(self.parts[frame.part].headerRange.lowerBound)
        } else if !frame.isClosed {
            self.unended.append(self.parts[frame.part].headerRange.lowerBound)
        }
    }

    private mutating func endBody(_ part: Int, at end: Int) {
        let start = self.parts[part].bodyRange.lowerBound
        self.parts[part].bodyRange = start..<max(start, end)
    }

    private mutating func finish(_ input: Span<UInt8>, _ context: inout ParseContext) {
        if let leaf = self.openLeaf { self.endBody(leaf, at: input.count) }
        self.openLeaf = nil
        while !self.frames.isEmpty { self.pop(at: input.count) }
        for offset in self.unfound { context.note(.boundaryNotFound, at: offset) }
        for offset in self.unended { context.note(.missingEndBoundary, at: offset) }
    }
}
