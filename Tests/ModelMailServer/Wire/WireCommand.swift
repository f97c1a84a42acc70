/// Reads command lines as ``ModelCommand``; what it cannot read is `unknown`, which the server refuses.
struct WireCommand {
    /// The command.
    let command: ModelCommand
    /// How FETCH named the bytes it wants, to be answered in the same words: `BODY[HEADER.FIELDS (SUBJECT)]`.
    var section = "BODY[]"

    /// Reads a line without its tag; flags and bytes become numbers of the server's.
    init(_ tokens: [WireToken], _ server: inout ModelServer) {
        var tokens = tokens[...]
        var verb = tokens.popFirst()?.word ?? ""
        if verb == "UID" { verb = "UID " + (tokens.popFirst()?.word ?? "") }
        let arguments = Array(tokens)
        if verb == "UID FETCH" {
            guard let fetch = Self.fetch(arguments) else {
                self.command = .unknown(isKnownVerb: true)
                return
            }
            (self.command, self.section) = fetch
            return
        }
        self.command =
            Self.plain(verb, arguments) ?? Self.named(verb, arguments) ?? Self.onMails(verb, arguments, &server)
            ?? .unknown(isKnownVerb: Self.verbs.contains(verb))
    }

    private static let verbs: Set<String> = [
        "LOGIN", "ENABLE", "LIST", "LSUB", "STATUS", "SELECT", "EXAMINE", "APPEND", "CREATE", "DELETE", "RENAME",
        "SUBSCRIBE", "UNSUBSCRIBE", "UID STORE", "UID COPY", "UID SEARCH", "FETCH", "STORE", "COPY", "SEARCH",
    ]

    private static func plain(_ verb: String, _ arguments: [WireToken]) -> ModelCommand? {
        switch verb {
        case "CAPABILITY": .capability
        case "NOOP": .noop
        case "LOGOUT": .logout
        case "ID": .id
        case "NAMESPACE": .namespace
        case "IDLE": .idle
        case "CHECK": .check
        case "CLOSE": .close
        case "UNSELECT": .unselect
        case "EXPUNGE": .expunge
        case "ENABLE": .enable(arguments.compactMap { $0.word.flatMap { Enabling(rawValue: $0) } })
        case "NOTIFY": Self.notify(arguments)
        default: nil
        }
    }

    // MARK: - Folders

    private static func named(_ verb: String, _ arguments: [WireToken]) -> ModelCommand? {
        if verb == "LIST" { return self.list(arguments) }
        guard let name = arguments.first?.text else { return nil }
        switch verb {
        case "LSUB":
            guard arguments.count == 2, let pattern = arguments[1].text else { return nil }
            return .lsub(pattern: name + pattern)
        case "STATUS":
            guard arguments.count == 2, let items = arguments[1].items.flatMap({ self.statusItems($0) }) else {
                return nil
            }
            return .status(folder: name, items: items)
        case "SELECT", "EXAMINE":
            guard let parameter = self.parameter(arguments.dropFirst()) else { return nil }
            return .select(folder: name, readOnly: verb == "EXAMINE", parameter: parameter)
        case "CREATE": return .create(folder: name)
        case "DELETE": return .delete(folder: name)
        case "RENAME":
            guard arguments.count == 2, let new = arguments[1].text else { return nil }
            return .rename(folder: name, to: new)
        case "SUBSCRIBE": return .subscribe(folder: name)
        case "UNSUBSCRIBE": return .unsubscribe(folder: name)
        default: return nil
        }
    }

    private static func list(_ arguments: [WireToken]) -> ModelCommand? {
        var rest = arguments[...]
        let selection = rest.first?.items
        if selection != nil { rest = rest.dropFirst() }
        guard let reference = rest.popFirst()?.text, let pattern = rest.popFirst()?.text else { return nil }
        var request = ListRequest(
            reference + pattern,
            isExtended: selection != nil,
            isSubscribedOnly: selection?.contains { $0.word == "SUBSCRIBED" } ?? false
        )
        guard let word = rest.popFirst() else { return .list(request) }
        guard word.word == "RETURN", let options = rest.popFirst()?.items, rest.isEmpty else { return nil }
        request.isExtended = true
        for (index, option) in options.enumerated() {
            if option.word == "SUBSCRIBED" { request.returnsSubscribed = true }
            guard option.word == "STATUS" else { continue }
            guard index + 1 < options.count, let items = options[index + 1].items.flatMap({ self.statusItems($0) })
            else { return nil }
            request.status = items
        }
        return .list(request)
    }

    private static func statusItems(_ tokens: [WireToken]) -> StatusItems? {
        let names: [String: StatusItems] = [
            "MESSAGES": .messages, "UIDNEXT": .uidNext, "UIDVALIDITY": .uidValidity, "UNSEEN": .unseen,
            "HIGHESTMODSEQ": .highestModSeq, "MAILBOXID": .mailboxID, "RECENT": .recent, "SIZE": .size,
        ]
        var items: StatusItems = []
        for token in tokens {
            guard let item = token.word.flatMap({ names[$0] }) else { return nil }
            items.insert(item)
        }
        return items
    }

    private static func parameter(_ rest: ArraySlice<WireToken>) -> SelectParameter? {
        guard let items = rest.first?.items else { return rest.isEmpty ? SelectParameter.none : nil }
        if items.first?.word == "CONDSTORE" { return .condStore }
        guard items.first?.word == "QRESYNC", items.count == 2, let known = items[1].items, known.count >= 2,
            let uidValidity = known[0].text.flatMap({ UInt32($0) }), let modSeq = known[1].text.flatMap({ UInt64($0) })
        else { return nil }
        let uids = known.count > 2 ? known[2].text.flatMap { self.uids($0) } : nil
        return .qResync(uidValidity: uidValidity, modSeq: modSeq, known: uids)
    }

    private static func notify(_ arguments: [WireToken]) -> ModelCommand? {
        guard arguments.first?.word == "SET" else {
            return arguments.first?.word == "NONE" ? .notify(nil) : nil
        }
        var request = NotifyRequest(selected: false, isPersonal: false)
        for token in arguments.dropFirst() {
            guard let items = token.items else {
                request.status = request.status || token.word == "STATUS"
                continue
            }
            guard let scope = items.first?.word else { return nil }
            let events = items.last?.items?.compactMap(\.word) ?? []
            switch scope {
            case "SELECTED", "SELECTED-DELAYED":
                request.selected = true
            case "PERSONAL":
                request.hasFolderNames = request.hasFolderNames || events.contains("MAILBOXNAME")
                request.isPersonal = request.isPersonal || events.contains("MESSAGENEW")
            case "MAILBOXES":
                let names = items.count > 1 ? items[1] : .list([])
                request.folders += names.items?.compactMap(\.text) ?? [names.text].compactMap(\.self)
            default:
                return nil
            }
        }
        return .notify(request)
    }

    // MARK: - Mails

    private static func onMails(
        _ verb: String,
        _ arguments: [WireToken],
        _ server: inout ModelServer
    ) -> ModelCommand? {
        switch verb {
        case "APPEND": return self.append(arguments, &server)
        case "UID STORE": return self.store(arguments, &server)
        case "UID SEARCH": return self.search(arguments, server)
        case "UID EXPUNGE": return arguments.first?.text.flatMap { self.uids($0) }.map { .uidExpunge($0) }
        case "UID COPY", "UID MOVE":
            guard arguments.count == 2, let uids = arguments[0].text.flatMap({ self.uids($0) }),
                let folder = arguments[1].text
            else { return nil }
            return verb == "UID COPY" ? .copy(uids, to: folder) : .move(uids, to: folder)
        default: return nil
        }
    }

    private static func append(_ arguments: [WireToken], _ server: inout ModelServer) -> ModelCommand? {
        guard arguments.count >= 2, let folder = arguments[0].text,
            case .string(let bytes) = arguments[arguments.count - 1]
        else { return nil }
        var flags = ModelFlags()
        var date: Int64?
        for token in arguments.dropFirst().dropLast() {
            if let items = token.items {
                guard let read = server.flags(items.compactMap(\.text)) else { return nil }
                flags = read
            } else {
                guard let read = token.text.flatMap({ WireDate.seconds($0) }) else { return nil }
                date = read
            }
        }
        return .append(folder: folder, flags, date: date, server.content(bytes))
    }

    private static func store(_ arguments: [WireToken], _ server: inout ModelServer) -> ModelCommand? {
        var rest = arguments[...]
        guard let uids = rest.popFirst()?.text.flatMap({ self.uids($0) }) else { return nil }
        var unchangedSince: UInt64?
        if let items = rest.first?.items, items.first?.word == "UNCHANGEDSINCE" {
            guard items.count == 2, let modSeq = items[1].text.flatMap({ UInt64($0) }) else { return nil }
            unchangedSince = modSeq
            rest = rest.dropFirst()
        }
        guard let item = rest.popFirst()?.word else { return nil }
        let spellings = rest.flatMap { $0.items ?? [$0] }.compactMap(\.text)
        guard let flags = server.flags(spellings) else { return nil }
        let isSilent = item.hasSuffix(".SILENT")
        switch item.replacing(".SILENT", with: "") {
        case "+FLAGS": return .store(uids, .add, flags, isSilent: isSilent, unchangedSince: unchangedSince)
        case "-FLAGS": return .store(uids, .remove, flags, isSilent: isSilent, unchangedSince: unchangedSince)
        case "FLAGS": return .store(uids, .replace, flags, isSilent: isSilent, unchangedSince: unchangedSince)
        default: return nil
        }
    }

    private static func fetch(_ arguments: [WireToken]) -> (ModelCommand, String)? {
        guard arguments.count >= 2, let uids = arguments[0].text.flatMap({ self.uids($0) }) else { return nil }
        let names: [String: FetchItems] = [
            "UID": [], "FLAGS": .flags, "MODSEQ": .modSeq, "INTERNALDATE": .internalDate, "RFC822.SIZE": .size,
            "EMAILID": .emailID, "X-GM-MSGID": .gmailMessageID, "X-GM-LABELS": .gmailLabels,
            "FAST": [.flags, .internalDate, .size],
        ]
        var items: FetchItems = []
        var section = "BODY[]"
        for token in arguments[1].items ?? [arguments[1]] {
            guard let word = token.word else { return nil }
            if let item = names[word] {
                items.insert(item)
            } else if word.hasPrefix("BODY[") || word.hasPrefix("BODY.PEEK[") {
                section = "BODY" + word.drop { $0 != "[" }
                guard section == "BODY[]" || section.hasPrefix("BODY[HEADER") else { return nil }
                if section != "BODY[]" {
                    items.insert(.header)
                } else {
                    items.insert(word.hasPrefix("BODY.PEEK") ? .body : .bodySettingSeen)
                }
            } else {
                return nil
            }
        }
        var changedSince: UInt64?
        let modifiers = arguments.count > 2 ? arguments[2].items ?? [] : []
        if modifiers.first?.word == "CHANGEDSINCE", modifiers.count > 1 {
            changedSince = modifiers[1].text.flatMap { UInt64($0) }
        }
        let vanished = modifiers.contains { $0.word == "VANISHED" }
        return (.fetch(uids, items, changedSince: changedSince, vanished: vanished), section)
    }

    private static func search(_ arguments: [WireToken], _ server: ModelServer) -> ModelCommand? {
        var rest = arguments[...]
        var returns: [String]?
        if rest.first?.word == "RETURN" {
            rest = rest.dropFirst()
            returns = rest.popFirst()?.items?.compactMap(\.word)
        }
        var criteria: [SearchRequest.Criterion] = []
        while let word = rest.popFirst()?.word {
            switch word {
            case "ALL": criteria.append(.all)
            case "UID":
                guard let uids = rest.popFirst()?.text.flatMap({ self.uids($0) }) else { return nil }
                criteria.append(.uids(uids))
            case "KEYWORD", "UNKEYWORD":
                guard let name = rest.popFirst()?.text else { return nil }
                // A keyword nobody ever used stands on no mail.
                guard let flag = server.keywordTable.flag(name) else {
                    criteria.append(word == "KEYWORD" ? .uids([]) : .all)
                    continue
                }
                criteria.append(.flag(flag, isSet: word == "KEYWORD"))
            case "HEADER":
                guard rest.popFirst()?.text?.uppercased() == "MESSAGE-ID", let text = rest.popFirst()?.text else {
                    return nil
                }
                criteria.append(.messageID(text))
            default:
                let isNot = word.hasPrefix("UN")
                guard let flag = server.keywordTable.flag("\\" + (isNot ? String(word.dropFirst(2)) : word)) else {
                    return nil
                }
                criteria.append(.flag(flag, isSet: !isNot))
            }
        }
        return criteria.isEmpty ? nil : .search(SearchRequest(criteria, returns: returns))
    }

    /// `1:3,7,9:*`; nil for anything else.
    static func uids(_ text: String) -> UIDRequest? {
        var spans: [UIDRequest.Span] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: ":", omittingEmptySubsequences: false).map { end in
                end == "*" ? UIDRequest.star : UInt32(end).flatMap { $0 == 0 ? nil : $0 }
            }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil else { return nil }
            spans.append(UIDRequest.Span(first, last))
        }
        return UIDRequest(spans)
    }
}
