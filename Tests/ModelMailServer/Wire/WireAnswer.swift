/// Writes what the model answers as a server sends it.
struct WireAnswer {
    let server: ModelServer
    /// The tag of the command that is answered.
    let tag: String
    /// How FETCH named the bytes it wanted.
    let section: String
    /// Whether the session has logged in.
    let isLoggedIn: Bool

    func bytes(_ response: ModelResponse) -> [UInt8] {
        if case .fetch(let fetch) = response { return self.fetched(fetch) }
        return WireText.bytes(self.line(response) + "\r\n")
    }

    private func line(_ response: ModelResponse) -> String {
        switch response {
        case .capability: "* CAPABILITY " + Self.capabilities(self.server.profile, isLoggedIn: self.isLoggedIn)
        case .identity: "* ID (\"name\" \"model\")"
        case .enabled(let names): "* ENABLED" + names.map { " \($0.rawValue)" }.joined()
        case .namespace:
            "* NAMESPACE ((\(WireText.quoted(self.server.profile.prefix)) \(self.delimiter))) NIL NIL"
        case .list(let folder): self.listed(folder)
        case .status(let folder, let status): "* STATUS \(WireText.quoted(folder)) (\(self.numbers(status)))"
        case .flags(let flags): "* FLAGS (\(self.flags(flags)))"
        case .exists(let count): "* \(count) EXISTS"
        case .recent: "* 0 RECENT"
        case .expunge(let sequence): "* \(sequence) EXPUNGE"
        case .vanished(let uids, let isEarlier):
            "* VANISHED \(isEarlier ? "(EARLIER) " : "")\(WireText.ranges(uids))"
        case .fetch: ""
        case .search(.plain(let uids)): "* SEARCH" + uids.map { " \($0)" }.joined()
        case .search(.extended(let uids, let isMarked, let hasAll)):
            "* ESEARCH (TAG \"\(self.tag)\")\(isMarked ? " UID" : "")\(hasAll ? " ALL \(WireText.ranges(uids))" : "")"
        case .ok(let code): "* OK [\(self.code(code))] Noted"
        case .bye: "* BYE Goodbye"
        case .continuation: "+ idling"
        case .completed(let condition, let code):
            "\(self.tag) \(condition.rawValue) \(code.map { "[\(self.code($0))] " } ?? "")Done"
        }
    }

    private var delimiter: String { WireText.quoted(String(self.server.profile.delimiter)) }

    private func listed(_ folder: ListedModelFolder) -> String {
        var attributes = [folder.hasChildren ? "\\HasChildren" : "\\HasNoChildren"]
        if folder.isNoSelect { attributes.append("\\NoSelect") }
        if folder.isSubscribed { attributes.append("\\Subscribed") }
        if let use = folder.specialUse { attributes.append(use.rawValue) }
        let verb = folder.isLSub ? "LSUB" : "LIST"
        return "* \(verb) (\(attributes.joined(separator: " "))) \(self.delimiter) \(WireText.quoted(folder.name))"
    }

    private func numbers(_ status: ModelStatus) -> String {
        var parts: [String] = []
        func add(_ name: String, _ value: (some CustomStringConvertible)?) {
            if let value { parts.append("\(name) \(value)") }
        }
        add("MESSAGES", status.messages)
        add("RECENT", status.recent)
        add("UIDNEXT", status.uidNext)
        add("UIDVALIDITY", status.uidValidity)
        add("UNSEEN", status.unseen)
        add("HIGHESTMODSEQ", status.highestModSeq)
        add("SIZE", status.size)
        add("MAILBOXID", status.mailboxID.map { "(F\($0.number))" })
        return parts.joined(separator: " ")
    }

    private func flags(_ flags: ModelFlags) -> String {
        self.server.keywordTable.spellings(flags).joined(separator: " ")
    }

    private func fetched(_ fetch: ModelFetch) -> [UInt8] {
        var parts: [String] = []
        if let uid = fetch.uid { parts.append("UID \(uid)") }
        if let flags = fetch.flags { parts.append("FLAGS (\(self.flags(flags)))") }
        if let modSeq = fetch.modSeq { parts.append("MODSEQ (\(modSeq))") }
        if let date = fetch.internalDate { parts.append("INTERNALDATE \"\(WireDate.text(date))\"") }
        if let size = fetch.size { parts.append("RFC822.SIZE \(size)") }
        if let email = fetch.emailID { parts.append("EMAILID (M\(email.number))") }
        // Numbers of Gmail have nineteen digits.
        if let mail = fetch.gmailMessageID { parts.append("X-GM-MSGID \(1_278_455_344_230_000_000 + mail)") }
        if let labels = fetch.gmailLabels {
            parts.append("X-GM-LABELS (\(labels.map(WireText.quoted).joined(separator: " ")))")
        }
        var body: [UInt8]?
        switch fetch.body {
        case .absent: break
        case .null: parts.append("\(self.section) NIL")
        case .whole(let content): body = self.server.contents[content.number]
        case .header(let content): body = self.header(self.server.contents[content.number])
        }
        if let body { parts.append("\(self.section) {\(body.count)}\r\n") }
        return WireText.bytes("* \(fetch.sequence) FETCH (" + parts.joined(separator: " ")) + (body ?? [])
            + WireText.bytes(")\r\n")
    }

    /// The header, or those of its fields that were asked for.
    private func header(_ bytes: [UInt8]) -> [UInt8] {
        let header = Array(bytes[..<ModelServer.headerLength(bytes)])
        guard let open = self.section.firstIndex(of: "(") else { return header }
        let wanted = self.section[self.section.index(after: open)...].prefix { $0 != ")" }.uppercased()
            .split(separator: " ").map { $0.filter { $0 != "\"" } }
        var result = ""
        var isWanted = false
        for line in WireText.text(header).split(separator: "\r\n", omittingEmptySubsequences: true) {
            if line.first != " ", line.first != "\t" {
                isWanted = wanted.contains(line.prefix { $0 != ":" }.uppercased())
            }
            if isWanted { result += line + "\r\n" }
        }
        return WireText.bytes(result + "\r\n")
    }

    private func code(_ code: ModelCode) -> String {
        switch code {
        case .permanentFlags(let flags, let allowsNew):
            "PERMANENTFLAGS ("
                + (self.server.keywordTable.spellings(flags) + (allowsNew ? ["\\*"] : []))
                .joined(separator: " ") + ")"
        case .uidValidity(let value): "UIDVALIDITY \(value)"
        case .uidNext(let value): "UIDNEXT \(value)"
        case .unseen(let value): "UNSEEN \(value)"
        case .highestModSeq(let value): "HIGHESTMODSEQ \(value)"
        case .noModSeq: "NOMODSEQ"
        case .mailboxID(let id): "MAILBOXID (F\(id.number))"
        case .closed: "CLOSED"
        case .readWrite: "READ-WRITE"
        case .readOnly: "READ-ONLY"
        case .copyUID(let uidValidity, let source, let destination):
            "COPYUID \(uidValidity) \(WireText.list(source)) \(WireText.list(destination))"
        case .appendUID(let uidValidity, let uid): "APPENDUID \(uidValidity) \(uid)"
        case .modified(let uids): "MODIFIED \(WireText.ranges(uids))"
        case .tryCreate: "TRYCREATE"
        case .nonExistent: "NONEXISTENT"
        case .alreadyExists: "ALREADYEXISTS"
        case .cannot: "CANNOT"
        case .limit: "LIMIT"
        case .expungeIssued: "EXPUNGEISSUED"
        case .authenticationFailed: "AUTHENTICATIONFAILED"
        case .tooBig: "TOOBIG"
        case .serverBug: "SERVERBUG"
        }
    }

    static func capabilities(_ profile: ServerProfile, isLoggedIn: Bool) -> String {
        guard isLoggedIn else {
            return (["IMAP4rev1", "SASL-IR"] + profile.mechanisms.map { "AUTH=\($0)" }).joined(separator: " ")
        }
        let names: [(ServerProfile.Extensions, String)] = [
            (.imap4rev2, "IMAP4rev2"), (.condStore, "CONDSTORE"), (.qResync, "QRESYNC"), (.uidPlus, "UIDPLUS"),
            (.move, "MOVE"), (.idle, "IDLE"), (.notify, "NOTIFY"), (.specialUse, "SPECIAL-USE"),
            (.listExtended, "LIST-EXTENDED"), (.listStatus, "LIST-STATUS"), (.eSearch, "ESEARCH"),
            (.objectID, "OBJECTID"), (.enable, "ENABLE"), (.namespace, "NAMESPACE"), (.unselect, "UNSELECT"),
            (.id, "ID"), (.literalPlus, "LITERAL+"), (.literalMinus, "LITERAL-"), (.statusSize, "STATUS=SIZE"),
            (.gmail, "X-GM-EXT-1"),
        ]
        let offered = names.filter { profile.offers($0.0) }.map(\.1)
        return (["IMAP4rev1"] + offered + profile.otherCapabilities).joined(separator: " ")
    }
}
