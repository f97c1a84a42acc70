extension ResponseParser {
    /// `(\HasChildren) "/" "name" …`; nil where there is no name.
    mutating func listedFolder() -> Response? {
        guard let attributes = self.cursor.list(limit: 64) else { return nil }
        self.cursor.skipSpaces()
        guard let delimiter = self.cursor.text() else { return nil }
        self.cursor.skipSpaces()
        guard let name = self.folderName() else { return nil }
        let separator: String?
        switch delimiter {
        case .bytes(let bytes) where !bytes.isEmpty: separator = String(decoding: bytes, as: UTF8.self)
        case .bytes, .null, .streamed: separator = nil
        }
        return .list(ListedFolder(name: name, delimiter: separator, attributes: attributes))
    }

    /// A name as string, or unquoted up to the line's end, since some servers leave spaces and brackets unquoted.
    private mutating func folderName() -> FolderName? {
        switch self.cursor.next {
        case nil, Byte.carriageReturn, Byte.lineFeed:
            return nil
        case Byte.quote, Byte.openBrace, Byte.tilde:
            guard case .bytes(let bytes) = self.cursor.text() else { return nil }
            return FolderName(raw: bytes)
        default:
            let start = self.cursor.position
            var end = start
            while let byte = self.cursor.next, byte != Byte.carriageReturn, byte != Byte.lineFeed {
                // Extended data behind an atom, as LIST-EXTENDED sends it.
                if byte == Byte.openParenthesis, self.cursor.position > start,
                    self.cursor.bytes[self.cursor.position - 1] == Byte.space
                {
                    break
                }
                self.cursor.skipAny()
                if byte != Byte.space { end = self.cursor.position }
            }
            return start < end ? FolderName(raw: Array(self.cursor.bytes[start..<end])) : nil
        }
    }

    /// `name (MESSAGES 3 UIDNEXT 17 …)`; unknown attributes and values that are no numbers are skipped.
    mutating func status() -> Response? {
        guard case .bytes(let name) = self.cursor.text() else { return nil }
        self.cursor.skipSpaces()
        guard self.cursor.skip(Byte.openParenthesis) else { return nil }
        var status = FolderStatus()
        while true {
            self.cursor.skipSpaces()
            guard let attribute = self.cursor.keyword() else { break }
            self.cursor.skipSpaces()
            let start = self.cursor.position
            let value = self.cursor.number()
            if value == nil {
                self.cursor.reset(to: start)
                guard self.cursor.next != Byte.closeParenthesis, self.cursor.skipValue() else { break }
            }
            guard let value else { continue }
            switch attribute {
            case "MESSAGES": status.messages = UInt32(exactly: value).map { Int($0) }
            case "UNSEEN": status.unseen = UInt32(exactly: value).map { Int($0) }
            case "UIDNEXT": status.uidNext = UInt32(exactly: value).flatMap { $0 > 0 ? $0 : nil }
            case "UIDVALIDITY": status.uidValidity = UInt32(exactly: value).flatMap { $0 > 0 ? $0 : nil }
            case "HIGHESTMODSEQ": status.highestModSeq = value > 0 ? value : nil
            default: break
            }
        }
        return .status(FolderName(raw: name), status)
    }

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
        guard self.cursor.skip(Byte.openParenthesis) else {
            return self.cursor.text() == .null ? [] : nil
        }
        var entries: [Namespaces.Entry] = []
        while true {
            self.cursor.skipSpaces()
            guard self.cursor.skip(Byte.openParenthesis) else { break }
            guard case .bytes(let prefix) = self.cursor.text() else { return nil }
            self.cursor.skipSpaces()
            var delimiter: String?
            if case .bytes(let bytes) = self.cursor.text(), !bytes.isEmpty {
                delimiter = String(decoding: bytes, as: UTF8.self)
            }
            if entries.count < 64 { entries.append(.init(prefix: FolderName(raw: prefix), delimiter: delimiter)) }
            while let byte = self.cursor.next, byte != Byte.closeParenthesis {
                if byte == Byte.space { self.cursor.skipAny() } else if !self.cursor.skipValue() { return nil }
            }
            self.cursor.skipAny()
        }
        return self.cursor.skip(Byte.closeParenthesis) ? entries : nil
    }
}
