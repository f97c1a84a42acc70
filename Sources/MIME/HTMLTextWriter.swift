/// Writes the text of an HTML document as its elements come by.
///
/// White space collapses as in a browser; blocks stand on lines of their own, paragraphs with an empty line between; a
/// quotation's lines begin with `> `; a link whose target is not its text is followed by `<target>`.
struct HTMLTextWriter {
    private static let quoteLimit = 8
    private static let targetLimit = 2_048

    private(set) var output: [UInt8] = []
    private(set) var isFull = false
    private let limit: Int
    private var isSpacePending = false
    private var breaksPending = 0
    private var quoteDepth = 0
    /// The quote depth of the line last begun.
    private var writtenDepth = 0
    private var preDepth = 0
    /// The open link that is worth showing, and where its text begins.
    private var link: (target: [UInt8], start: Int)?

    init(limit: Int) {
        self.limit = limit
    }

    /// Character data with its entities decoded.
    mutating func text(_ bytes: some Sequence<UInt8>) {
        guard !self.isFull else { return }
        var isLeadPending = false
        for byte in bytes {
            // A no-break space is C2 A0; it becomes a space.
            if isLeadPending {
                isLeadPending = false
                if byte == 0xA0 {
                    self.space()
                    continue
                }
                self.flush()
                self.output.append(0xC2)
            }
            if byte == 0xC2 {
                isLeadPending = true
                continue
            }
            if self.preDepth > 0, byte == ASCII.lineFeed {
                self.breaksPending += 1
            } else if self.preDepth > 0, byte == ASCII.space || byte == ASCII.tab {
                if self.breaksPending > 0 || self.output.isEmpty { self.flushBreaks() }
                self.output.append(byte)
            } else if ASCII.isWhitespace(byte) || byte == 0x0C {
                self.space()
            } else if byte >= 0x20, byte != 0x7F {
                // Controls come as numeric references.
                self.flush()
                self.output.append(byte)
            }
        }
        if self.output.count > self.limit { self.isFull = true }
    }

    mutating func start(_ element: HTMLElement, target: [UInt8]?) {
        guard !self.isFull else { return }
        switch element {
        case .anchor:
            self.endLink()
            if let target, Self.isShown(target) { self.link = (target, self.output.count) }
        case .lineBreak:
            self.breaksPending += 1
        case .paragraph, .rule:
            self.requireBreaks(2)
        case .block, .row:
            self.requireBreaks(1)
        case .item:
            self.requireBreaks(1)
            self.flush()
            self.output.append(contentsOf: [0x2D, 0x20])
        case .cell:
            self.space()
        case .quote:
            self.requireBreaks(2)
            self.quoteDepth += 1
        case .preformatted:
            self.requireBreaks(2)
            self.preDepth += 1
        case .hidden, .other:
            break
        }
    }

    mutating func end(_ element: HTMLElement) {
        guard !self.isFull else { return }
        switch element {
        case .anchor:
            self.endLink()
        case .paragraph:
            self.requireBreaks(2)
        case .block, .row, .item:
            self.requireBreaks(1)
        case .quote:
            guard self.quoteDepth > 0 else { return }
            self.requireBreaks(2)
            self.quoteDepth -= 1
        case .preformatted:
            self.preDepth = max(0, self.preDepth - 1)
            self.requireBreaks(2)
        case .lineBreak, .rule, .cell, .hidden, .other:
            break
        }
    }

    /// The text, without blanks at its ends.
    mutating func finish() -> [UInt8] {
        self.endLink()
        while let last = self.output.last, ASCII.isWhitespace(last) { self.output.removeLast() }
        return self.output
    }

    // MARK: - White space

    private mutating func space() {
        self.isSpacePending = true
    }

    private mutating func requireBreaks(_ count: Int) {
        self.breaksPending = max(self.breaksPending, count)
    }

    /// Writes the breaks or the space that stand before the next visible character.
    private mutating func flush() {
        if self.breaksPending > 0 || self.output.isEmpty {
            self.flushBreaks()
        } else if self.isSpacePending, self.output.last != ASCII.space {
            self.output.append(ASCII.space)
        }
        self.isSpacePending = false
    }

    private mutating func flushBreaks() {
        self.isSpacePending = false
        let count = self.output.isEmpty ? 0 : min(self.breaksPending, 3)
        self.breaksPending = 0
        if count == 0 && !self.output.isEmpty { return }
        self.trimLine()
        for number in 0..<count {
            self.output.append(ASCII.lineFeed)
            // The empty line between a quotation and what is around it carries the marks both have in common.
            if number < count - 1 { self.writeMarks(min(self.quoteDepth, self.writtenDepth), isBlankLine: true) }
        }
        self.writeMarks(self.quoteDepth, isBlankLine: false)
        self.writtenDepth = self.quoteDepth
    }

    private mutating func trimLine() {
        while self.output.last == ASCII.space { self.output.removeLast() }
    }

    private mutating func writeMarks(_ depth: Int, isBlankLine: Bool) {
        let depth = min(depth, Self.quoteLimit)
        guard depth > 0 else { return }
        self.output.append(contentsOf: [UInt8](repeating: 0x3E, count: depth))
        if !isBlankLine { self.output.append(ASCII.space) }
    }

    // MARK: - Links

    private mutating func endLink() {
        guard let link = self.link else { return }
        self.link = nil
        guard link.start <= self.output.count else { return }
        let shown = self.output[link.start...].drop(while: ASCII.isWhitespace)
        guard !Self.bare(shown).elementsEqual(Self.bare(link.target[...])) else { return }
        guard !shown.isEmpty else { return }
        self.output.append(contentsOf: [0x20, 0x3C])
        self.output.append(contentsOf: link.target)
        self.output.append(0x3E)
    }

    /// Only targets a person could go to, of a length a person could read.
    private static func isShown(_ target: [UInt8]) -> Bool {
        guard target.count <= self.targetLimit, !target.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            return false
        }
        return ASCII.hasPrefix(target, "http://") || ASCII.hasPrefix(target, "https://")
            || ASCII.hasPrefix(target, "mailto:")
            || ASCII.hasPrefix(target, "tel:")
    }

    /// A target without scheme and last slash, to compare it with what is shown.
    private static func bare(_ target: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var target = target
        for prefix in ["http://", "https://", "mailto:", "tel:"] as [StaticString] where ASCII.hasPrefix(target, prefix)
        {
            target = target.dropFirst(prefix.utf8CodeUnitCount)
            break
        }
        while let last = target.last, ASCII.isWhitespace(last) || last == 0x2F { target = target.dropLast() }
        return target
    }
}
