extension ResponseParser {
    /// Words that begin what LIST says behind a name.
    private static let extensions: [StaticString] = ["CHILDINFO", "OLDNAME"]
    /// Lists behind a name that are looked at: each is read again if it belongs to the name.
    private static let listsInName = 4

    /// `(\HasChildren) "/" "name" …`; nil where there is no name.
    mutating func listedFolder() -> ListedFolder? {
        guard let attributes = self.cursor.list(limit: self.limits.words) else { return nil }
        self.cursor.skipSpaces()
        guard let delimiter = self.cursor.text() else { return nil }
        self.cursor.skipSpaces()
        guard let name = self.folderName(before: Self.extensions) else { return nil }
        let separator: String?
        switch delimiter {
        case .bytes(let bytes) where !bytes.isEmpty: separator = String(decoding: bytes, as: UTF8.self)
        case .bytes, .null, .streamed: separator = nil
        }
        self.cursor.skipSpaces()
        let extra = self.extendedData()
        return ListedFolder(
            name: name,
            delimiter: separator,
            attributes: attributes,
            oldName: extra?.oldName,
            childInfo: extra?.childInfo ?? []
        )
    }

    /// A name as string, or unquoted up to the line's end, since some servers leave spaces and brackets unquoted.
    ///
    /// A list at the end is none of the name where it begins with a string or with one of `words`, or where there are no
    /// `words`, with any that has a value. Nil for none, and for an unquoted NIL, which would be quoted if it were a name.
    private mutating func folderName(before words: [StaticString]) -> FolderName? {
        switch self.cursor.next {
        case nil, Byte.carriageReturn, Byte.lineFeed:
            return nil
        case Byte.quote, Byte.openBrace, Byte.tilde:
            let start = self.cursor.position
            if case .bytes(let bytes) = self.cursor.text() { return FolderName(raw: bytes) }
            self.cursor.reset(to: start)
            return self.unquotedName(before: words)
        default:
            return self.unquotedName(before: words)
        }
    }

    private mutating func unquotedName(before words: [StaticString]) -> FolderName? {
        let start = self.cursor.position
        var end = start
        var lists = 0
        while !self.cursor.isAtLineEnd, let byte = self.cursor.next {
            // Data of LIST-EXTENDED or the list of STATUS behind an atom.
            if lists < Self.listsInName, byte == Byte.openParenthesis, self.cursor.position > start,
                self.cursor.bytes[self.cursor.position - 1] == Byte.space
            {
                lists += 1
                if self.holdsDataToEnd(words) { break }
            }
            self.cursor.skipAny()
            if byte != Byte.space { end = self.cursor.position }
        }
        let name = self.cursor.bytes[start..<end]
        return name.isEmpty || Byte.isNil(name) ? nil : FolderName(raw: Array(name))
    }

    /// Whether a list begins here with a string or one of `words`, after which the line ends.
    private mutating func holdsDataToEnd(_ words: [StaticString]) -> Bool {
        let start = self.cursor.position
        defer { self.cursor.reset(to: start) }
        guard self.begins(with: words, at: start + 1) else { return false }
        self.cursor.reset(to: start)
        guard self.cursor.skipValue() else { return false }
        self.cursor.skipSpaces()
        return self.cursor.isAtLineEnd
    }

    private mutating func begins(with words: [StaticString], at first: Int) -> Bool {
        guard first < self.cursor.bytes.count else { return false }
        let byte = self.cursor.bytes[first]
        if byte == Byte.quote || byte == Byte.closeParenthesis { return true }
        guard words.isEmpty else { return words.contains { self.cursor.holds($0, at: first) } }
        self.cursor.reset(to: first)
        return self.cursor.atom() != nil && self.cursor.next == Byte.space
    }

    /// `("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("name"))` (RFC 5258 §6, RFC 9051 §7.3.1).
    private mutating func extendedData() -> (oldName: FolderName?, childInfo: [String])? {
        guard self.cursor.next == Byte.openParenthesis, let fields = self.cursor.value()?.values else { return nil }
        var oldName: FolderName?
        var childInfo: [String] = []
        for index in stride(from: 0, to: fields.count - 1, by: 2) {
            let values = fields[index + 1].values ?? [fields[index + 1]]
            switch fields[index].string?.uppercased() {
            case "OLDNAME":
                if case .text(let bytes) = values.first { oldName = FolderName(raw: bytes) }
            case "CHILDINFO":
                childInfo = values.prefix(self.limits.words).compactMap(\.string)
            default:
                break
            }
        }
        return (oldName, childInfo)
    }

    // MARK: - STATUS

    /// `name (MESSAGES 3 UIDNEXT 17 …)`; unknown attributes and values that are no numbers are skipped.
    mutating func status() -> Response? {
        guard let name = self.folderName(before: []) else { return nil }
        self.cursor.skipSpaces()
        guard self.cursor.skip(Byte.openParenthesis) else { return nil }
        var status = FolderStatus()
        while true {
            self.cursor.skipSpaces()
            guard let attribute = self.cursor.keyword() else { break }
            self.cursor.skipSpaces()
            guard self.value(of: attribute, &status) else { break }
        }
        return .status(name, status)
    }

    /// False where the list cannot be read any further.
    private mutating func value(of attribute: String, _ status: inout FolderStatus) -> Bool {
        if self.cursor.next == Byte.closeParenthesis { return false }
        if attribute == "MAILBOXID" {
            guard let value = self.cursor.value() else { return false }
            status.mailboxID = (value.values?.first ?? value).string.map { String($0.prefix(255)) }
            return true
        }
        guard let number = self.cursor.looseNumber() else { return self.cursor.skipValue() }
        let small = UInt32(exactly: number)
        switch attribute {
        case "MESSAGES": status.messages = small.map { Int($0) }
        case "UNSEEN": status.unseen = small.map { Int($0) }
        case "DELETED": status.deleted = small.map { Int($0) }
        case "UIDNEXT": status.uidNext = small.flatMap { $0 > 0 ? $0 : nil }
        case "UIDVALIDITY": status.uidValidity = small.flatMap { $0 > 0 ? $0 : nil }
        case "HIGHESTMODSEQ": status.highestModSeq = number > 0 ? number : nil
        case "SIZE": status.size = number
        case "DELETED-STORAGE": status.deletedStorage = number
        case "APPENDLIMIT": status.appendLimit = number
        default: break
        }
        return true
    }

    // MARK: - NAMESPACE

    /// Three classes, each NIL or a list of (prefix delimiter …).
    mutating func namespaces() -> Response? {
        guard let personal = self.namespaceClass() else { return nil }
        self.cursor.skipSpaces()
        let others = self.namespaceClass() ?? []
        self.cursor.skipSpaces()
        let shared = self.namespaceClass() ?? []
        return .namespace(Namespaces(personal: personal, otherUsers: others, shared: shared))
    }

    private mutating func namespaceClass() -> [Namespaces.Entry]? {
        guard let value = self.cursor.value() else { return nil }
        switch value {
        case .null: return []
        case .text: return nil
        case .list(let entries): return entries.prefix(self.limits.words).compactMap(Self.namespace)
        }
    }

    private static func namespace(_ value: WireValue) -> Namespaces.Entry? {
        guard let fields = value.values, case .text(let prefix) = fields.first else { return nil }
        let delimiter = fields.count > 1 ? fields[1].string : nil
        return .init(prefix: FolderName(raw: prefix), delimiter: delimiter?.isEmpty ?? true ? nil : delimiter)
    }
}
