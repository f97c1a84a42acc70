/// Reads the items of one FETCH response: `(UID 5 FLAGS (\Seen) BODY[] {12}`…`)`.
///
/// An item that cannot be read, or that nobody asked for, costs itself only.
struct FetchParser {
    private static let flagLimit = 256

    private var cursor: Cursor
    private var items = FetchedItems()

    init(cursor: Cursor) {
        self.cursor = cursor
    }

    mutating func parse() -> FetchedItems {
        guard self.cursor.skip(Byte.openParenthesis) else {
            self.items.isMalformed = true
            return self.items
        }
        while true {
            self.cursor.skipSpaces()
            switch self.cursor.next {
            case nil, Byte.carriageReturn, Byte.lineFeed, Byte.closeParenthesis:
                if self.cursor.isTooDeep { self.items.isMalformed = true }
                return self.items
            default:
                guard self.item() else {
                    self.items.isMalformed = true
                    return self.items
                }
            }
        }
    }

    /// The UID, where it stands before a literal that is about to stream.
    ///
    /// The response ends at that literal.
    static func uid(inPrefix bytes: [UInt8]) -> UInt32? {
        var cursor = Cursor(bytes)
        while let byte = cursor.next, byte != Byte.openParenthesis { cursor.skipAny() }
        var parser = FetchParser(cursor: cursor)
        return parser.parse().uid
    }

    /// One name and its value.
    ///
    /// False where the response cannot be read any further.
    private mutating func item() -> Bool {
        guard let name = self.itemName() else {
            // A stray value without a name.
            let before = self.cursor.position
            return self.cursor.skipValue() && self.cursor.position > before
        }
        let isBody = name == "BODY[" || name == "BINARY["
        if isBody, !self.section() { return false }
        self.cursor.skipSpaces()
        if isBody || name == "RFC822" || name == "RFC822.HEADER" || name == "RFC822.TEXT" { return self.body() }
        let start = self.cursor.position
        if self.value(of: name) { return true }
        self.items.isMalformed = true
        self.cursor.reset(to: start)
        return self.cursor.next == Byte.closeParenthesis || self.cursor.skipValue()
    }

    /// The name in capitals, with the bracket of a section.
    private mutating func itemName() -> String? {
        var name: [UInt8] = []
        while let byte = self.cursor.next, !Byte.endsAtom(byte) {
            self.cursor.skipAny()
            if name.count < 64 { name.append(Byte.uppercased(byte)) }
            if byte == Byte.openBracket { break }
        }
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }

    /// To behind `]`, over strings in header lists, and over `<0>` or `<0.100>`.
    private mutating func section() -> Bool {
        while let byte = self.cursor.next, byte != Byte.closeBracket {
            switch byte {
            case Byte.quote, Byte.openBrace: guard self.cursor.text() != nil else { return false }
            default: self.cursor.skipAny()
            }
        }
        guard self.cursor.skip(Byte.closeBracket) else { return false }
        guard self.cursor.skip(Byte.less) else { return true }
        while let byte = self.cursor.next, byte != Byte.greater, byte > Byte.space { self.cursor.skipAny() }
        return self.cursor.skip(Byte.greater)
    }

    private mutating func body() -> Bool {
        // Some servers leave the value out altogether.
        if let byte = self.cursor.next, byte == Byte.closeParenthesis || byte == Byte.carriageReturn {
            if self.items.body == .absent { self.items.body = .null }
            return true
        }
        guard let text = self.cursor.text() else { return self.cursor.isAtEnd }
        // The first body counts; a second one in the same response is a fault that must not overwrite it.
        guard self.items.body == .absent else { return true }
        switch text {
        case .null: self.items.body = .null
        case .bytes(let bytes): self.items.body = .inline(bytes)
        case .streamed: self.items.body = .streamed
        }
        return true
    }

    private mutating func value(of name: String) -> Bool {
        switch name {
        case "UID":
            guard let uid = self.cursor.number32() else { return false }
            if self.items.uid == nil, uid > 0 { self.items.uid = uid }
            return true
        case "FLAGS":
            guard let flags = self.cursor.list(limit: Self.flagLimit) else { return false }
            self.items.flags = flags
            return true
        case "MODSEQ":
            return self.modSeq()
        case "INTERNALDATE":
            guard let text = self.cursor.text() else { return false }
            self.items.hasInternalDate = true
            if case .bytes(let bytes) = text {
                self.items.internalDate = InternalDate.parse(String(decoding: bytes.prefix(64), as: UTF8.self))
            }
            return true
        case "RFC822.SIZE":
            self.items.hasSize = true
            // Some servers write 9.3736e+06: not a number we could trust.
            guard let size = self.cursor.number(), self.cursor.next.map(Byte.endsAtom) ?? true else { return false }
            self.items.size = Int64(exactly: size)
            return true
        case "EMAILID":
            // `(M6d99ac3275bb4e)`; NIL and anything else names no mail.
            guard let ids = self.cursor.list(limit: 1) else { return self.cursor.skipValue() }
            if let id = ids.first, ObjectID.isEmailID(id.utf8) { self.items.objectID = .email(id) }
            return true
        case "X-GM-MSGID":
            guard let number = self.cursor.number() else { return false }
            if self.items.objectID == nil, number > 0 { self.items.objectID = .gmail(number) }
            return true
        case "X-GM-LABELS":
            guard let labels = self.cursor.list(limit: Self.flagLimit) else { return false }
            self.items.labels = labels
            return true
        default:
            return self.cursor.skipValue()
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
}
