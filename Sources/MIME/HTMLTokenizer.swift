/// Cuts HTML into text and tags in one pass, without ever looking back.
///
/// It knows what is needed to find text: tags with quoted attributes, comments, and elements whose content is no
/// markup. What never closes is found out once and then taken as text. Source: WHATWG HTML §13.2.5, simplified.
struct HTMLTokenizer {
    enum Token: Equatable {
        /// Character data, entities still in it.
        case text(Range<Int>)
        /// A start tag, with the raw value of its `href`.
        case start(HTMLElement, href: Range<Int>?)
        case end(HTMLElement)
    }

    private let bytes: [UInt8]
    private var index = 0
    private var isCommentBroken = false
    private var areQuotesBroken = false
    private var areTagsBroken = false
    private var brokenHidden: Set<String> = []
    /// Bytes passed, some twice.
    private(set) var steps = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func next() -> Token? {
        while self.index < self.bytes.count {
            if self.bytes[self.index] != 0x3C || self.areTagsBroken || !self.beginsMarkup {
                return .text(self.text())
            }
            if let token = self.markup() { return token }
        }
        return nil
    }

    private var beginsMarkup: Bool {
        guard self.index + 1 < self.bytes.count else { return false }
        let next = self.bytes[self.index + 1]
        return ASCII.isLetter(next) || next == 0x2F || next == 0x21 || next == 0x3F
    }

    private mutating func text() -> Range<Int> {
        let start = self.index
        let end = self.find(0x3C, from: start + 1) ?? self.bytes.count
        self.steps &+= end - start
        self.index = end
        return start..<end
    }

    private func find(_ byte: UInt8, from start: Int) -> Int? {
        guard start < self.bytes.count else { return nil }
        return self.bytes.span.firstIndex(of: byte, in: start..<self.bytes.count)
    }

    /// A tag, comment or declaration; nil when it says nothing and was passed.
    private mutating func markup() -> Token? {
        let next = self.bytes[self.index + 1]
        if ASCII.isLetter(next) { return self.startTag() }
        if next == 0x2F { return self.endTag() }
        if next == 0x21, self.comment() { return nil }
        self.skipToGreater(from: self.index + 2)
        return nil
    }

    private mutating func comment() -> Bool {
        let start = self.index
        guard !self.isCommentBroken, start + 3 < self.bytes.count, self.bytes[start + 2] == 0x2D,
            self.bytes[start + 3] == 0x2D
        else {
            return false
        }
        var position = start + 2
        while let dash = self.find(0x3E, from: position) {
            if dash >= start + 4, self.bytes[dash - 1] == 0x2D, self.bytes[dash - 2] == 0x2D {
                self.steps &+= dash - start
                self.index = dash + 1
                return true
            }
            position = dash + 1
        }
        self.steps &+= self.bytes.count - start
        self.isCommentBroken = true
        return false
    }

    private mutating func skipToGreater(from start: Int) {
        guard let end = self.find(0x3E, from: start) else {
            self.steps &+= self.bytes.count - start
            self.areTagsBroken = true
            return
        }
        self.steps &+= end - start
        self.index = end + 1
    }

    private mutating func endTag() -> Token? {
        let name = self.name(from: self.index + 2)
        self.skipToGreater(from: self.index + 2)
        return self.areTagsBroken || name.isEmpty ? nil : .end(HTMLElement.named(name))
    }

    private func name(from start: Int) -> String {
        var end = start
        while end < self.bytes.count, end - start < 16,
            ASCII.isLetter(self.bytes[end]) || ASCII.isDigit(self.bytes[end])
        { end += 1 }
        return ASCII.token(self.bytes[start..<end])
    }

    private mutating func startTag() -> Token? {
        let start = self.index
        let name = self.name(from: start + 1)
        let element = HTMLElement.named(name)
        var position = start + 1 + name.utf8.count
        var href: Range<Int>?
        while position < self.bytes.count, self.bytes[position] != 0x3E {
            let byte = self.bytes[position]
            if byte == 0x3D {
                let nameEnd = position
                position += 1
                while position < self.bytes.count, ASCII.isWhitespace(self.bytes[position]) { position += 1 }
                guard let value = self.value(from: position) else {
                    self.steps &+= self.bytes.count - start
                    self.areQuotesBroken = true
                    return nil
                }
                if element == .anchor, href == nil, self.isHref(before: nameEnd) { href = value.range }
                position = value.end
            } else {
                position += 1
            }
        }
        self.steps &+= position - start
        guard position < self.bytes.count else {
            self.areTagsBroken = true
            return nil
        }
        self.index = position + 1
        if element == .hidden, self.bytes[position - 1] != 0x2F { self.skipHidden(name) }
        return .start(element, href: href)
    }

    /// An attribute's value; nil when its quote never closes.
    private func value(from start: Int) -> (range: Range<Int>, end: Int)? {
        guard start < self.bytes.count else { return (start..<start, start) }
        let quote = self.bytes[start]
        if quote == 0x22 || quote == 0x27, !self.areQuotesBroken {
            guard let end = self.find(quote, from: start + 1) else { return nil }
            return (start + 1..<end, end + 1)
        }
        var end = start
        while end < self.bytes.count, self.bytes[end] != 0x3E, !ASCII.isWhitespace(self.bytes[end]) { end += 1 }
        return (start..<end, end)
    }

    /// Whether the attribute name that ends at `end` is `href`.
    private func isHref(before end: Int) -> Bool {
        var end = end
        while end > 0, ASCII.isWhitespace(self.bytes[end - 1]), end > 1 { end -= 1 }
        guard end >= 5, ASCII.equals(self.bytes[end - 4..<end], "href") else { return false }
        let before = self.bytes[end - 5]
        return ASCII.isWhitespace(before) || before == 0x22 || before == 0x27 || before == 0x2F
    }

    /// Passes the content of an element that holds no text, through its end tag; where that is missing the element is
    /// empty.
    private mutating func skipHidden(_ name: String) {
        guard !self.brokenHidden.contains(name) else { return }
        let wanted = Array(name.utf8)
        var position = self.index
        while let less = self.find(0x3C, from: position) {
            let end = less + 2 + wanted.count
            if end <= self.bytes.count, self.bytes[less + 1] == 0x2F,
                zip(wanted, self.bytes[less + 2..<end]).allSatisfy({ $0 == ASCII.lowercased($1) })
            {
                self.steps &+= less - self.index
                self.index = less
                return
            }
            position = less + 1
        }
        self.steps &+= self.bytes.count - self.index
        self.brokenHidden.insert(name)
    }
}
