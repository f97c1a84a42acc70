extension ResponseCode {
    /// Codes without arguments, or whose arguments nobody needs.
    private static let plain: [String: ResponseCode] = [
        "ALERT": .alert, "ALREADYEXISTS": .alreadyExists, "AUTHENTICATIONFAILED": .authenticationFailed,
        "AUTHORIZATIONFAILED": .authorizationFailed, "BADCHARSET": .badCharset, "CANNOT": .cannot,
        "CLIENTBUG": .clientBug, "CLOSED": .closed, "COMPRESSIONACTIVE": .compressionActive,
        "CONTACTADMIN": .contactAdmin, "CORRUPTION": .corruption,
        "EXPIRED": .expired, "EXPUNGEISSUED": .expungeIssued, "HASCHILDREN": .hasChildren, "INUSE": .inUse,
        "LIMIT": .limit, "NOMODSEQ": .noModSeq, "NOPERM": .noPerm, "NONEXISTENT": .nonexistent,
        "NOTIFICATIONOVERFLOW": .notificationOverflow, "NOTSAVED": .notSaved,
        "OVERQUOTA": .overQuota, "PARSE": .parse, "PRIVACYREQUIRED": .privacyRequired, "READ-ONLY": .readOnly,
        "READ-WRITE": .readWrite, "REFERRAL": .referral, "SERVERBUG": .serverBug,
        "THROTTLED": .throttled(retryAfter: nil), "TOOBIG": .tooBig, "TRYCREATE": .tryCreate,
        "UIDNOTSTICKY": .uidNotSticky,
        "UNAVAILABLE": .unavailable, "UNKNOWN-CTE": .unknownCTE, "USEATTR": .useAttribute,
    ]

    /// Reads `[…]` at the cursor and leaves it behind the bracket; nil where there is none that closes.
    static func parse(_ cursor: inout Cursor, limits: IMAPLimits = .default) -> ResponseCode? {
        let start = cursor.position
        guard cursor.skip(Byte.openBracket) else { return nil }
        guard let name = Self.name(&cursor) else {
            cursor.reset(to: start)
            return nil
        }
        cursor.skipSpaces()
        let argumentStart = cursor.position
        var code = Self.plain[name] ?? Self.withArguments(name, &cursor, limits: limits)
        cursor.skipSpaces()
        if !cursor.skip(Byte.closeBracket) {
            if Self.plain[name] == nil { code = nil }
            cursor.reset(to: argumentStart)
            guard Self.skipToBracket(&cursor) else {
                cursor.reset(to: start)
                return nil
            }
        }
        return code ?? .other(name)
    }

    /// A code's name: up to a space or the bracket, at most 64 bytes kept.
    private static func name(_ cursor: inout Cursor) -> String? {
        var name: [UInt8] = []
        while let byte = cursor.next, byte > Byte.space, byte != Byte.closeBracket {
            if name.count < 64 { name.append(Byte.uppercased(byte)) }
            cursor.skipAny()
        }
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }

    private static func withArguments(
        _ name: String,
        _ cursor: inout Cursor,
        limits: IMAPLimits
    ) -> ResponseCode? {
        switch name {
        case "BADEVENT":
            return .badEvent(cursor.list(limit: limits.words) ?? [])
        case "MAILBOXID":
            return cursor.list(limit: 1)?.first.map { .mailboxID(String($0.prefix(255))) }
        case "MESSAGELIMIT":
            guard let limit = Self.positive(&cursor) else { return nil }
            cursor.skipSpaces()
            return .messageLimit(limit, lowest: Self.positive(&cursor))
        case "INPROGRESS":
            return Self.progress(&cursor)
        case "UIDNEXT":
            return Self.positive(&cursor).map { .uidNext($0) }
        case "UIDVALIDITY":
            return Self.positive(&cursor).map { .uidValidity($0) }
        case "UNSEEN":
            return Self.positive(&cursor).map { .unseen($0) }
        case "HIGHESTMODSEQ":
            return cursor.number().flatMap { $0 > 0 ? .highestModSeq($0) : nil }
        case "PERMANENTFLAGS":
            return cursor.list(limit: limits.words).map { .permanentFlags($0) }
        case "CAPABILITY":
            return .capability(Self.words(&cursor, limit: limits.words))
        case "MODIFIED":
            return cursor.uidSequence().map { .modified($0.set) }
        case "APPENDUID":
            guard let validity = Self.positive(&cursor), Self.space(&cursor), let uid = Self.positive(&cursor) else {
                return nil
            }
            return .appendUID(uidValidity: validity, uid: uid)
        case "COPYUID":
            guard let validity = Self.positive(&cursor), Self.space(&cursor), let source = cursor.uidSequence(),
                Self.space(&cursor), let destination = cursor.uidSequence()
            else { return nil }
            return .copyUID(uidValidity: validity, source: source, destination: destination)
        default:
            return nil
        }
    }

    /// `("a1" 454 1000)`, each of them NIL where unknown (RFC 9585).
    private static func progress(_ cursor: inout Cursor) -> ResponseCode {
        guard let fields = cursor.next == Byte.openParenthesis ? cursor.value()?.values : nil else {
            return .inProgress(tag: nil, done: nil, total: nil)
        }
        return .inProgress(
            tag: fields.first?.string.map { String($0.prefix(64)) },
            done: fields.count > 1 ? fields[1].number : nil,
            total: fields.count > 2 ? fields[2].number : nil
        )
    }

    private static func positive(_ cursor: inout Cursor) -> UInt32? {
        cursor.number32().flatMap { $0 > 0 ? $0 : nil }
    }

    private static func space(_ cursor: inout Cursor) -> Bool {
        let start = cursor.position
        cursor.skipSpaces()
        return cursor.position > start
    }

    private static func words(_ cursor: inout Cursor, limit: Int) -> [String] {
        var words: [String] = []
        while let byte = cursor.next, byte != Byte.closeBracket {
            guard byte != Byte.space else {
                cursor.skipAny()
                continue
            }
            guard let word = Self.name(&cursor) else { break }
            if word == "+", let last = words.last, last == "LITERAL" {
                words[words.count - 1] = "LITERAL+"
            } else if words.count < limit {
                words.append(word)
            }
        }
        return words
    }

    /// To behind the bracket that closes, over quoted strings.
    private static func skipToBracket(_ cursor: inout Cursor) -> Bool {
        var isQuoted = false
        while let byte = cursor.next {
            cursor.skipAny()
            switch byte {
            case Byte.quote: isQuoted.toggle()
            case Byte.backslash where isQuoted: cursor.skipAny()
            case Byte.closeBracket where !isQuoted: return true
            case Byte.carriageReturn, Byte.lineFeed: return false
            default: break
            }
        }
        return false
    }
}
