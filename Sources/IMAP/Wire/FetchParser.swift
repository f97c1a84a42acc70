/// Reads the items of one FETCH response: `(UID 5 FLAGS (\Seen) BODY[] {12}`…`)`.
///
/// An item that cannot be read, or that nobody asked for, costs itself only.
struct FetchParser: ~Copyable {
    private(set) var cursor: Cursor
    private let limits: IMAPLimits
    private var items = FetchedItems()
    /// Whether the parenthesis is behind us.
    private var isInside = false

    /// How far a response was read when the bytes of a mail began, so that the rest is read from there on.
    struct Progress {
        /// The number in front of FETCH; nil where it has more than 64 bits.
        let sequence: UInt64?
        fileprivate let items: FetchedItems
        fileprivate let position: Int
        fileprivate let isTooDeep: Bool
    }

    /// Reads from `cursor` on, which stands at the parenthesis.
    init(cursor: consuming Cursor, limits: IMAPLimits) {
        self.cursor = cursor
        self.limits = limits
    }

    /// Goes on where `progress` ended; `cursor` is one of the same response.
    init(resuming progress: consuming Progress, in cursor: consuming Cursor, limits: IMAPLimits) {
        self.cursor = cursor
        self.cursor.reset(to: progress.position)
        self.cursor.isTooDeep = progress.isTooDeep
        self.limits = limits
        self.items = progress.items
        self.isInside = true
    }

    mutating func parse() -> FetchedItems {
        guard self.isInside || self.cursor.skip(Byte.openParenthesis) else {
            self.items.isMalformed = true
            return self.items
        }
        while true {
            self.cursor.skipSpaces()
            if self.cursor.isAtLineEnd || self.cursor.next == Byte.closeParenthesis {
                if self.cursor.isTooDeep { self.items.isMalformed = true }
                return self.items
            }
            guard self.item() else {
                self.items.isMalformed = true
                return self.items
            }
        }
    }

    /// One name and its value.
    ///
    /// False where the response cannot be read any further.
    private mutating func item() -> Bool {
        let start = self.cursor.position
        let name = self.name()
        guard self.cursor.position > start else {
            // A stray value without a name.
            return self.cursor.skipValue() && self.cursor.position > start
        }
        var section: BodySection?
        if self.cursor.next == Byte.openBracket {
            guard let named = self.section() else { return false }
            section = named
        }
        self.cursor.skipSpaces()
        if let bytes = Self.bytes(name, section: section) { return self.body(bytes) }
        let valueStart = self.cursor.position
        if self.value(of: name, section: section) { return true }
        self.items.isMalformed = true
        self.cursor.reset(to: valueStart)
        return self.cursor.next == Byte.closeParenthesis || self.cursor.skipValue()
    }

    /// The name in front of the cursor, which stops before a bracket; nil where it is not known.
    private mutating func name() -> FetchItemName? {
        let start = self.cursor.position
        var end = start
        while end < self.cursor.bytes.count {
            let byte = self.cursor.bytes[end]
            if Byte.endsAtom(byte) || byte == Byte.openBracket { break }
            end += 1
        }
        self.cursor.advance(to: end)
        // Compared with the few names of its length.
        self.cursor.count(end - start)
        return FetchItemName.at(start..<end, in: self.cursor)
    }

    /// Which bytes an item announces; nil where it is none that holds a mail's bytes.
    private static func bytes(_ name: FetchItemName?, section: BodySection?) -> BodySection? {
        switch name {
        case .body, .binary: section
        case .rfc822: .whole
        case .rfc822Header: .header
        case .rfc822Text: .text
        default: nil
        }
    }

    /// `[…]`, over strings in header lists, and `<0>` or `<0.100>` behind it.
    private mutating func section() -> BodySection? {
        self.cursor.skipAny()
        var path: [UInt8] = []
        var isPath = true
        while let byte = self.cursor.next, byte != Byte.closeBracket {
            switch byte {
            case Byte.quote, Byte.openBrace:
                guard self.cursor.text() != nil else { return nil }
            default:
                if byte == Byte.space { isPath = false }
                if isPath, path.count < 64 { path.append(Byte.uppercased(byte)) }
                self.cursor.skipAny()
            }
        }
        guard self.cursor.skip(Byte.closeBracket) else { return nil }
        let text = path.isEmpty ? "" : String(decoding: path, as: UTF8.self)
        guard self.cursor.skip(Byte.less) else { return BodySection(path: text) }
        let origin = self.cursor.number()
        while let byte = self.cursor.next, byte != Byte.greater, byte > Byte.space { self.cursor.skipAny() }
        return self.cursor.skip(Byte.greater) ? BodySection(path: text, origin: origin) : nil
    }

    private mutating func body(_ section: BodySection) -> Bool {
        // Some servers leave the value out altogether.
        if self.cursor.next == Byte.closeParenthesis || (self.cursor.isAtLineEnd && !self.cursor.isAtEnd) {
            self.append(.null, for: section)
            return true
        }
        guard let text = self.cursor.text() else { return self.cursor.isAtEnd }
        switch text {
        case .null: self.append(.null, for: section)
        case .bytes(let bytes): self.append(.inline(bytes), for: section)
        case .streamed: self.append(.streamed, for: section)
        }
        return true
    }

    private mutating func append(_ body: FetchedItems.Body, for section: BodySection) {
        guard self.items.sections.count < self.limits.bodies else {
            self.items.isMalformed = true
            return
        }
        self.items.sections.append(.init(section: section, body: body))
    }

    // MARK: - Values

    private mutating func value(of name: FetchItemName?, section: BodySection?) -> Bool {
        switch name {
        case .uid:
            guard let uid = self.cursor.number32() else { return false }
            if self.items.uid == nil, uid > 0 { self.items.uid = uid }
            return true
        case .flags:
            guard let flags = self.cursor.list(limit: self.limits.flags + 1) else { return false }
            // Some of the flags would be read as the others having been taken away.
            guard flags.count <= self.limits.flags else {
                self.items.isMalformed = true
                return true
            }
            self.items.flags = flags
            return true
        case .modSeq:
            return self.modSeq()
        case .internalDate:
            guard let text = self.cursor.text() else { return false }
            self.items.hasInternalDate = true
            if case .bytes(let bytes) = text { self.items.internalDate = InternalDate.parse(bytes) }
            return true
        case .size:
            self.items.hasSize = true
            guard let size = self.cursor.looseNumber() else { return false }
            self.items.size = Int64(exactly: size)
            return true
        default:
            return self.attribute(name, section: section)
        }
    }

    /// `(123)`.
    ///
    /// Anything else, such as −1, says nothing.
    private mutating func modSeq() -> Bool {
        let start = self.cursor.position
        if self.cursor.skip(Byte.openParenthesis), let value = self.cursor.number(),
            self.cursor.skip(Byte.closeParenthesis)
        {
            self.items.modSeq = value > 0 ? value : nil
            return true
        }
        self.cursor.reset(to: start)
        return self.cursor.skipValue()
    }

    private mutating func attribute(_ name: FetchItemName?, section: BodySection?) -> Bool {
        switch name {
        case .emailID:
            guard let id = self.objectID() else { return false }
            return self.keep(id.map { .emailID($0) })
        case .threadID:
            guard let id = self.objectID() else { return false }
            return self.keep(.threadID(id))
        case .gmailMessageID:
            return self.keepNumber { .gmailMessageID($0) }
        case .gmailThreadID:
            return self.keepNumber { .gmailThreadID($0) }
        case .binarySize:
            guard let section else { return false }
            return self.keepNumber { .binarySize(section: section, $0) }
        case .gmailLabels:
            guard let labels = self.labels() else { return false }
            return self.keep(.gmailLabels(labels))
        case .envelope:
            guard let value = self.cursor.value(), let envelope = Envelope(value) else { return false }
            return self.keep(.envelope(envelope))
        case .bodyStructure, .body:
            guard let value = self.cursor.value(), let structure = BodyStructure(value) else { return false }
            return self.keep(.bodyStructure(structure))
        default:
            return self.cursor.skipValue()
        }
    }

    /// Keeps what the response says first: an item repeated is a fault.
    private mutating func keep(_ attribute: FetchAttribute?) -> Bool {
        if let attribute, self.items.attributes.count < self.limits.words { self.items.attributes.append(attribute) }
        return true
    }

    private mutating func keepNumber(_ attribute: (UInt64) -> FetchAttribute) -> Bool {
        guard let number = self.cursor.looseNumber() else { return false }
        return self.keep(number > 0 ? attribute(number) : nil)
    }

    /// `(M6d99ac3275bb4e)`, or NIL; also without parentheses.
    private mutating func objectID() -> String?? {
        let isListed = self.cursor.skip(Byte.openParenthesis)
        self.cursor.skipSpaces()
        guard let text = self.cursor.text() else { return nil }
        self.cursor.skipSpaces()
        guard !isListed || self.cursor.skip(Byte.closeParenthesis) else { return nil }
        // At most 255 bytes of letters, digits, `_` and `-` (RFC 8474 §7).
        guard case .bytes(let bytes) = text, !bytes.isEmpty, bytes.count <= 255 else { return .some(nil) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func labels() -> [FolderName]? {
        guard let values = self.cursor.value() else { return nil }
        switch values {
        case .null: return []
        case .text: return nil
        case .list(let values):
            return values.prefix(self.limits.words).compactMap { value in
                if case .text(let bytes) = value { return FolderName(raw: bytes) }
                return nil
            }
        }
    }
}

extension FetchParser {
    /// What a response says before the literal at its end.
    struct Announcement {
        /// The mail's UID, where it was said.
        let uid: UInt32?
        /// Which bytes of the mail the literal holds; nil where it holds none.
        let section: BodySection?
        /// Where to go on behind the literal; nil where the response is to be read from its beginning.
        let progress: Progress?
        /// What reading cost.
        let steps: Int
    }

    /// What a response says before the literal at its end, if that literal holds a mail's bytes.
    ///
    /// `streamed` are the literals that streamed past before it, `progress` what was learned at the last of them.
    static func announcement(
        in bytes: [UInt8],
        streamed: [Int],
        after progress: Progress?,
        limits: IMAPLimits
    ) -> Announcement {
        var cursor = Cursor(
            bytes,
            streamedLiterals: streamed,
            awaitedLiteral: bytes.count,
            nestingLimit: limits.nesting
        )
        var sequence = progress?.sequence
        var parser: FetchParser
        var isFetch = true
        if let progress {
            parser = FetchParser(resuming: progress, in: cursor, limits: limits)
        } else {
            (isFetch, sequence) = cursor.fetchHead()
            while !isFetch, let byte = cursor.next, byte != Byte.openParenthesis { cursor.skipAny() }
            parser = FetchParser(cursor: cursor, limits: limits)
        }
        let items = parser.parse()
        let last = items.sections.last
        let isBody =
            parser.cursor.isAtEnd && last?.body == .streamed
            && items.sections.reduce(0) { $0 + ($1.body == .streamed ? 1 : 0) } == streamed.count + 1
        return Announcement(
            uid: items.uid,
            section: isBody ? last?.section : nil,
            progress: isBody && isFetch
                ? Progress(
                    sequence: sequence,
                    items: items,
                    position: parser.cursor.position,
                    isTooDeep: parser.cursor.isTooDeep
                ) : nil,
            steps: parser.cursor.steps
        )
    }
}

extension Cursor {
    /// Passes `* 12 FETCH `, and gives the number; stops where it is something else.
    fileprivate mutating func fetchHead() -> (isFetch: Bool, sequence: UInt64?) {
        self.skipAny()
        self.skipSpaces()
        let number = self.number()
        if number == nil { self.skipDigits() }
        self.skipSpaces()
        guard self.skipWord("FETCH") else { return (false, nil) }
        self.skipSpaces()
        return (true, number)
    }
}
