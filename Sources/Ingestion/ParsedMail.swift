import Desk
import DeskStore
import MIME

/// One fetched mail with what its header and text say, in the desk's words.
struct ParsedMail: Sendable {
    let mail: UnfiledMail
    let from: [Party]
    let sender: Party?
    let replyTo: [Party]
    let recipients: [Party]
    let copied: [Party]
    let fromFieldCount: Int
    let fromDomains: [String]
    let trace: [TraceField]
    /// Authors and those answers go to, as written, by key.
    let people: [String: (address: String, name: String)]
    let fromText: String
    let toText: String
    let subject: String
    let text: String
    let isTextCut: Bool
    let messageID: String?
    let ownID: IDDigest?
    let inReplyTo: [IDDigest]
    let references: [IDDigest]
    let kind: MessageKind
    let date: Timestamp?
    let newestReceived: Timestamp?
    let isQuarantined: Bool

    /// Reads the mail; never fails, whatever the bytes are.
    init(_ mail: UnfiledMail, bytes: [UInt8], readsTrace: Bool) {
        let message = MailMessage.parse(bytes, limits: Self.limits)
        self.mail = mail
        self.from = message.from.map(Self.party)
        self.sender = message.sender.first.map(Self.party)
        self.replyTo = message.replyTo.map(Self.party)
        self.recipients = (message.to + message.cc + message.bcc).map(Self.party)
        self.copied = message.cc.map(Self.party)
        self.fromFieldCount = message.fromFieldCount
        self.fromDomains = Array(Set(message.from.map { Self.domain($0.comparisonKey) })).sorted()
        self.trace = readsTrace ? Self.trace(message, bytes) : []
        self.people = Dictionary(
            (message.from + message.replyTo).map { ($0.comparisonKey, ($0.address, $0.displayName ?? "")) }
        ) { first, _ in first }
        self.fromText = Self.text(message.from)
        self.toText = Self.text(message.to + message.cc)
        self.subject = message.subject
        self.text = message.text
        self.isTextCut = message.textIsTruncated
        self.messageID = message.messageID
        self.ownID = message.messageID.flatMap(Self.digest)
        self.inReplyTo = message.inReplyTo.compactMap(Self.digest)
        self.references = message.references.compactMap(Self.digest)
        self.kind = Self.kind(message.kind)
        self.date = message.date.map { Timestamp(microseconds: $0.microseconds) }
        self.newestReceived = message.received.max().map { Timestamp(microseconds: $0) }
        self.isQuarantined = false
    }

    /// A mail that killed or defeated the parser three times: only a bounded scan looks at it.
    init(quarantined mail: UnfiledMail, bytes: [UInt8]) {
        let scan = HeaderScan.scan(bytes)
        self.mail = mail
        self.from = []
        self.sender = nil
        self.replyTo = []
        self.recipients = []
        self.copied = []
        self.fromFieldCount = 0
        self.fromDomains = []
        self.trace = []
        self.people = [:]
        self.fromText = scan.from ?? ""
        self.toText = ""
        self.subject = scan.subject ?? "(a mail that could not be read)"
        self.text = ""
        self.isTextCut = true
        self.messageID = scan.messageID
        self.ownID = scan.messageID.flatMap(Self.digest)
        self.inReplyTo = []
        self.references = []
        self.kind = .human
        self.date = nil
        self.newestReceived = nil
        self.isQuarantined = true
    }

    /// What threading asks about.
    func threading(asksParticipation: Bool) -> ThreadingMail {
        ThreadingMail(
            ownID: self.ownID,
            inReplyTo: self.inReplyTo,
            references: self.references,
            senders: Set((self.from + self.replyTo).map(\.key)),
            asksParticipation: asksParticipation
        )
    }

    /// The HTML beside a plain text is the same text again, and half of what parsing costs.
    private static let limits: MailLimits = {
        var limits = MailLimits.default
        limits.readsAlternatives = false
        return limits
    }()

    private static func party(_ address: MailAddress) -> Party {
        Party(key: address.comparisonKey, name: address.displayName ?? "")
    }

    private static func domain(_ key: String) -> String {
        key.lastIndex(of: "@").map { String(key[key.index(after: $0)...]) } ?? ""
    }

    private static func text(_ addresses: [MailAddress]) -> String {
        addresses.prefix(100).map { address in
            guard let name = address.displayName, !name.isEmpty else { return address.address }
            return "\(name) <\(address.address)>"
        }.joined(separator: ", ")
    }

    private static func digest(_ id: String) -> IDDigest? {
        IDDigest(messageID: id)
    }

    private static func trace(_ message: MailMessage, _ bytes: [UInt8]) -> [TraceField] {
        message.headerFields(named: ["received", "authentication-results"], in: bytes).map { field in
            field.name == "received" ? .received(field.value) : .authenticationResults(field.value)
        }
    }

    private static func kind(_ kind: MailKind) -> MessageKind {
        switch kind {
        case .human: .human
        case .automatic(.bounce): .bounce
        case .automatic(.receipt): .receipt
        case .automatic(.autoReply), .automatic(.autoGenerated), .automatic(.complaint), .automatic(.bulk): .automatic
        }
    }
}
