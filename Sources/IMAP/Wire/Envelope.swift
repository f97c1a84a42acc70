/// ENVELOPE as a server made it of a mail's header (RFC 9051 §7.5.2).
///
/// Never asked for, because servers make many mistakes in it and we read the header ourselves; understood where it comes
/// unasked, as with NOTIFY. Texts are as on the wire: not decoded, and U+FFFD where they are no UTF-8.
package struct Envelope: Equatable, Sendable {
    /// An address; a group begins with one without ``host`` and ends with one without both.
    package struct Address: Equatable, Sendable {
        /// The display name.
        package let name: String?
        /// What stands before the at sign.
        package let mailbox: String?
        /// What stands behind it; nil also for the names servers make up where there was none.
        package let host: String?

        /// An address from its parts.
        package init(name: String?, mailbox: String?, host: String?) {
            self.name = name
            self.mailbox = mailbox
            self.host = host
        }
    }

    /// Date as written.
    package var date: String?
    /// Subject as written.
    package var subject: String?
    /// From.
    package var from: [Address] = []
    /// Sender.
    package var sender: [Address] = []
    /// Reply-To.
    package var replyTo: [Address] = []
    /// To.
    package var to: [Address] = []
    /// Cc.
    package var cc: [Address] = []
    /// Bcc.
    package var bcc: [Address] = []
    /// In-Reply-To as written.
    package var inReplyTo: String?
    /// Message-ID as written.
    package var messageID: String?

    /// An empty envelope.
    package init() {}

    /// Reads what servers send for one: fields left out at the end or in the middle, `()` for NIL, addresses in extra lists,
    /// with fields too many.
    ///
    /// Nil where it is no list that begins with a date and a subject.
    init?(_ value: WireValue) {
        guard let fields = value.values, fields.count >= 2, fields[0].values == nil, fields[1].values == nil else {
            return nil
        }
        self.date = fields[0].string
        self.subject = fields[1].string
        var rest = fields[2...]
        func addresses() -> [Address] {
            // Where a text stands, the lists before it were left out.
            guard let field = rest.first, field.string == nil else { return [] }
            rest.removeFirst()
            return Self.addresses(field)
        }
        self.from = addresses()
        self.sender = addresses()
        self.replyTo = addresses()
        self.to = addresses()
        self.cc = addresses()
        self.bcc = addresses()
        self.inReplyTo = rest.popFirst()?.string
        self.messageID = rest.popFirst()?.string
    }

    private static func addresses(_ field: WireValue) -> [Address] {
        guard let values = field.values, let first = values.first else { return [] }
        if first.values == nil {
            guard let address = self.address(values) else { return [] }
            return [address]
        }
        return values.flatMap { self.addresses($0) }
    }

    private static func address(_ fields: [WireValue]) -> Address? {
        guard fields.count >= 3 else { return nil }
        let host = fields.count > 3 ? fields[3].string : nil
        let isMadeUp = host.map { $0.uppercased().contains("MISSING") } ?? false
        return Address(name: fields[0].string, mailbox: fields[2].string, host: isMadeUp ? nil : host)
    }
}
