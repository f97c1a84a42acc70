/// Splits a header block into fields, and finds its end in every kind of wreck.
///
/// Source: RFC 5322 §2.2. Each line is looked at once, the one after a stray line twice.
struct HeaderReader {
    let lines: LineReader

    private enum Line {
        case empty
        case continuation
        case field(nameEnd: Int, valueStart: Int)
        case mailbox
        case stray
    }

    /// Reads the block at `start`, at most to `limit`.
    ///
    /// A line for which `isBoundary` holds, asked of lines that begin with two hyphens, ends an enclosing multipart's
    /// part, and so this block too. With `isMail`, empty lines or the line of an mbox file may stand before the first
    /// field.
    func read(
        _ input: Span<UInt8>,
        from start: Int,
        to limit: Int,
        isMail: Bool,
        context: inout ParseContext,
        isBoundary: (Span<UInt8>, Range<Int>) -> Bool
    ) -> HeaderBlock {
        let start = isMail ? self.skipPreface(input, from: start, to: limit) : start
        var block = HeaderBlock(start: start, bodyStart: limit)
        var position = start
        var isFull = false
        while position < limit {
            let line = self.lines.line(input, from: position, to: limit)
            context.count(line.next - position)
            let content = position..<line.end
            if content.count > 2, input[position] == 0x2D, input[position + 1] == 0x2D, isBoundary(input, content) {
                if position > start { context.note(.missingSeparator, at: position) }
                block.bodyStart = position
                return block
            }
            switch self.classify(input, content) {
            case .empty:
                guard !content.isEmpty, self.isHeaderGoingOn(input, from: line.next, to: limit, &context) else {
                    block.bodyStart = line.next
                    return block
                }
            case .continuation:
                // An indented first line belongs to no field: this is a body without a header.
                guard position > start else { return self.end(&block, at: position, &context) }
                if !isFull, let last = block.fields.popLast() {
                    block.fields.append(
                        HeaderField(name: last.name, value: last.value.lowerBound..<line.end, known: last.known)
                    )
                }
            case .field(let nameEnd, let valueStart):
                if !isFull {
                    let name = position..<nameEnd
                    block.fields.append(
                        HeaderField(name: name, value: valueStart..<line.end, known: KnownField.identify(input, name))
                    )
                }
            case .mailbox:
                guard position > start || isMail else { return self.end(&block, at: position, &context) }
            case .stray:
                guard
                    let field = self.fieldAfterStray(
                        input,
                        from: line.next,
                        to: limit,
                        isFirst: position == start,
                        &context
                    )
                else { return self.end(&block, at: position, &context) }
                context.note(.strayHeaderLine, at: position)
                position = field
                continue
            }
            position = line.next
            isFull = self.isFull(block, start, position, isFull, &context)
        }
        return block
    }

    private func isFull(
        _ block: HeaderBlock,
        _ start: Int,
        _ position: Int,
        _ wasFull: Bool,
        _ context: inout ParseContext
    ) -> Bool {
        if wasFull { return true }
        if block.fields.count >= context.limits.headerFields {
            context.note(.tooManyFields, at: position)
            return true
        }
        if position - start >= context.limits.headerBytes {
            context.note(.headerTooLong, at: position)
            return true
        }
        return false
    }

    private func end(_ block: inout HeaderBlock, at position: Int, _ context: inout ParseContext) -> HeaderBlock {
        context.note(block.fields.isEmpty ? .missingHeader : .missingSeparator, at: position)
        block.bodyStart = position
        return block
    }

    /// A byte order mark, empty lines, and the line of an mbox file before the first field.
    private func skipPreface(_ input: Span<UInt8>, from start: Int, to limit: Int) -> Int {
        var position = start
        if limit - start >= 3, input[start] == 0xEF, input[start + 1] == 0xBB, input[start + 2] == 0xBF {
            position += 3
        }
        let first = position
        for _ in 0..<64 where position < limit {
            let line = self.lines.line(input, from: position, to: min(limit, position + 4_096))
            switch self.classify(input, position..<line.end) {
            case .empty, .mailbox:
                position = line.next
            case .field:
                return position
            case .continuation, .stray:
                return first
            }
        }
        return first
    }

    /// Whether a line of blanks lies within a folded field (RFC 5322 §4.2) and does not end the header, as some senders
    /// mean it to.
    private func isHeaderGoingOn(
        _ input: Span<UInt8>,
        from start: Int,
        to limit: Int,
        _ context: inout ParseContext
    ) -> Bool {
        guard start < limit else { return false }
        let line = self.lines.line(input, from: start, to: min(limit, start + 1_024))
        context.count(line.next - start)
        switch self.classify(input, start..<line.end) {
        case .field, .continuation: return true
        case .empty, .mailbox, .stray: return false
        }
    }

    /// Where the header goes on after a stray line; nil when what looks stray is the body.
    ///
    /// Right after a line that is no field, any field will do. Further on (a long value broken without indentation), or
    /// where not one field came before, only a field every mail has is believed: a sentence may have a colon too.
    private func fieldAfterStray(
        _ input: Span<UInt8>,
        from start: Int,
        to limit: Int,
        isFirst: Bool,
        _ context: inout ParseContext
    ) -> Int? {
        var position = start
        for number in 0..<32 where position < limit {
            let line = self.lines.line(input, from: position, to: min(limit, position + 1_024))
            context.count(line.next - position)
            switch self.classify(input, position..<line.end) {
            case .field(let nameEnd, _):
                let isAny = number == 0 && !isFirst
                if isAny || self.isTypical(input, position..<nameEnd) { return position }
            case .empty:
                return nil
            case .continuation, .mailbox, .stray:
                break
            }
            position = line.next
        }
        return nil
    }

    private func isTypical(_ input: Span<UInt8>, _ name: Range<Int>) -> Bool {
        KnownField.identify(input, name) != .other || ASCII.hasPrefix(input.bytes(in: name), "x-")
            || ASCII.equals(input.bytes(in: name), "mime-version")
    }

    /// What a line is.
    ///
    /// A field name is any printable ASCII but the colon (RFC 5322 §2.2), blanks allowed before the colon (§4.5).
    private func classify(_ input: Span<UInt8>, _ line: Range<Int>) -> Line {
        guard let first = line.first else { return .empty }
        if input[first] == ASCII.space || input[first] == ASCII.tab {
            for index in line where !ASCII.isWhitespace(input[index]) { return .continuation }
            return .empty
        }
        var index = first
        while index < line.upperBound, input[index] > 0x20, input[index] != 0x3A, input[index] != 0x7F,
            index - first < 1_000
        {
            index += 1
        }
        let nameEnd = index
        while index < line.upperBound, input[index] == ASCII.space || input[index] == ASCII.tab { index += 1 }
        guard nameEnd > first, index < line.upperBound, input[index] == 0x3A else {
            return self.isMailboxLine(input, line, nameEnd) ? .mailbox : .stray
        }
        // `http://…` on a line of its own is text.
        if index + 2 < line.upperBound, input[index + 1] == 0x2F, input[index + 2] == 0x2F { return .stray }
        return .field(nameEnd: nameEnd, valueStart: index + 1)
    }

    /// `From ` or `>From `, as mbox files have it.
    private func isMailboxLine(_ input: Span<UInt8>, _ line: Range<Int>, _ nameEnd: Int) -> Bool {
        let start = input[line.lowerBound] == 0x3E ? line.lowerBound + 1 : line.lowerBound
        guard nameEnd - start == 4, nameEnd < line.upperBound else { return false }
        return input[start] == 0x46 && input[start + 1] == 0x72 && input[start + 2] == 0x6F && input[start + 3] == 0x6D
    }
}
