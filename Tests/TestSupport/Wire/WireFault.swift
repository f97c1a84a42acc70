/// One thing that goes wrong at one protocol message.
package struct WireFault: Sendable, Hashable, CustomStringConvertible {
    /// What is done at the message.
    package enum Action: String, Sendable, CaseIterable {
        /// The program is killed; the message is lost.
        case kill
        /// The server gets the message, and whatever it waits for with it; the program is killed before the answer.
        case forwardThenKill = "forward-kill"
        /// The connection is reset; the message is lost.
        case cut
        /// The server gets the message; the connection is reset before the answer.
        case forwardThenCut = "forward-cut"
        /// Half of the message passes, then the connection ends.
        case truncate
        /// Nothing passes on the connection for ``WireFault/stallTime``, then everything.
        case stall
        /// Nothing passes on the connection until the proxy is told to let it.
        case hold
        /// IMAP: the tagged OK becomes NO.
        case answerNo = "answer-no"
        /// IMAP: the tagged OK becomes BAD.
        case answerBad = "answer-bad"
        /// An untagged line, or a notification, is left out.
        case drop
        /// IMAP: COPYUID names UIDs that come after the true ones.
        case shiftCopyUID = "copyuid-shifted"
        /// IMAP: COPYUID names a UID that another message has.
        case foreignCopyUID = "copyuid-foreign"
        /// IMAP: a MOVE or COPY is done, and denied: no COPYUID, and NO.
        case deny
        /// PostgreSQL: the statement fails with 40001; a COMMIT does, and is none.
        case failSerialization = "fail-40001"
        /// PostgreSQL: the statement fails with 53100 (disk full); a COMMIT does, and is none.
        case failDiskFull = "fail-53100"
    }

    /// How long a stalled connection stays silent: longer than any step of a small scenario.
    package static let stallTime = Duration.milliseconds(1500)

    /// The link whose messages are counted.
    package let link: WireLink
    /// The direction whose messages are counted.
    package let direction: WireDirection
    /// The message: the n-th point of that direction on all connections, from 1; the first one after it where the action does not
    /// apply to it.
    package let ordinal: Int
    /// What is done there.
    package let action: Action
    /// What the message's summary must begin with; empty is any.
    package let pattern: String

    /// Names a fault.
    package init(
        _ link: WireLink,
        _ direction: WireDirection,
        _ ordinal: Int,
        _ action: Action,
        matching pattern: String = ""
    ) {
        self.pattern = pattern
        self.link = link
        self.direction = direction
        self.ordinal = ordinal
        self.action = action
    }

    /// Four words: link, direction, number, action.
    package var description: String {
        "\(self.link.rawValue) \(self.direction.rawValue) \(self.ordinal) \(self.action.rawValue)"
    }

    /// Reads ``description``; nil for anything else.
    package init?(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 4, let link = WireLink(rawValue: words[0]),
            let direction = WireDirection(rawValue: words[1]), let ordinal = Int(words[2]),
            let action = Action(rawValue: words[3])
        else { return nil }
        self.init(link, direction, ordinal, action)
    }

    /// Whether the program is killed.
    package var kills: Bool { self.action == .kill || self.action == .forwardThenKill }

    /// Whether the server denies what it did or should have done.
    package var isRefusal: Bool { [.answerNo, .answerBad, .deny].contains(self.action) }

    /// Whether the server says what is not so, on a connection that lives on.
    package var isLie: Bool {
        self.isRefusal || [.drop, .shiftCopyUID, .foreignCopyUID].contains(self.action)
    }

    /// Whether this is the message, or one that comes in its place.
    func strikes(_ entry: WireEntry) -> Bool {
        entry.direction == self.direction && entry.ordinal >= self.ordinal && entry.summary.hasPrefix(self.pattern)
            && Self.applies(self.action, to: entry, on: self.link)
    }

    /// Whether the action has a meaning at a message like this.
    package static func applies(_ action: Action, to entry: WireEntry, on link: WireLink) -> Bool {
        let text = entry.summary
        switch (action, link, entry.direction) {
        case (.kill, _, _), (.cut, _, _), (.truncate, _, _), (.stall, _, _), (.hold, _, _): return true
        case (.forwardThenKill, _, let direction), (.forwardThenCut, _, let direction): return direction == .toServer
        case (.answerNo, .imap, .fromServer), (.answerBad, .imap, .fromServer): return text.hasPrefix("tagged OK")
        case (.drop, .imap, .fromServer): return self.isDroppable(text)
        case (.drop, .postgres, .fromServer): return text.hasPrefix("A ")
        case (.shiftCopyUID, .imap, .fromServer), (.foreignCopyUID, .imap, .fromServer):
            return text.contains("[COPYUID ")
        case (.deny, .imap, .toServer): return text.hasPrefix("UID MOVE") || text.hasPrefix("UID COPY")
        case (.failSerialization, .postgres, .toServer), (.failDiskFull, .postgres, .toServer):
            return text.hasPrefix("B ") || text == "Q COMMIT"
        default: return false
        }
    }

    /// Lines whose absence a client can notice: a count, a proof, a body.
    private static func isDroppable(_ text: String) -> Bool {
        text.hasPrefix("* ")
            && (text.hasSuffix(" EXISTS") || text.contains("[COPYUID ") || text.hasPrefix("* VANISHED")
                || text.contains(" FETCH (") && text.contains("BODY[]"))
    }
}
