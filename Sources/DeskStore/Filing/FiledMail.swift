package import Desk

/// One mail as filing decided it, with everything that its rows hold.
package struct FiledMail: Sendable {
    package var mail: UnfiledMail
    package var id: Identifier<Message>
    /// nil for a copy of a stored message: only the placement's fate is written.
    package var message: Content?
    package var fate: Fate
    package var reason: String?
    package var ticket: Ticket.ID?
    /// The message was stored before without a ticket and is filed as new now.
    package var isRefiled = false

    package init(
        mail: UnfiledMail,
        id: Identifier<Message>,
        message: Content?,
        fate: Fate,
        reason: String?,
        ticket: Ticket.ID?
    ) {
        self.mail = mail
        self.id = id
        self.message = message
        self.fate = fate
        self.reason = reason
        self.ticket = ticket
    }

    /// What is written of the message itself.
    package struct Content: Sendable {
        package var direction: Direction
        package var kind: MessageKind
        package var isVerified: Bool
        package var messageID: String?
        package var subject: String
        package var fromKey: String?
        package var fromText: String
        package var toText: String
        package var text: String
        package var isTextCut: Bool
        package var receivedAt: Timestamp
        package var sentAt: Timestamp?
        package var responder: Responder?
        package var evidence: String?
        package var liesInJunk: Bool
        package var isAnswered: Bool
        /// What the filer settles once, from the placement it filed; nil where no marks are shown.
        package var settled: Settled?
        package var lingerUntil: Timestamp?
        /// Ids that lead to the ticket from now on, the message's own first where it has one.
        package var ownID: IDDigest?
        package var namedIDs: [IDDigest]

        package init(
            direction: Direction,
            kind: MessageKind,
            isVerified: Bool,
            messageID: String?,
            subject: String,
            fromKey: String?,
            fromText: String,
            toText: String,
            text: String,
            isTextCut: Bool,
            receivedAt: Timestamp,
            sentAt: Timestamp?,
            responder: Responder?,
            evidence: String?,
            liesInJunk: Bool,
            isAnswered: Bool,
            settled: Settled?,
            lingerUntil: Timestamp?,
            ownID: IDDigest?,
            namedIDs: [IDDigest]
        ) {
            self.direction = direction
            self.kind = kind
            self.isVerified = isVerified
            self.messageID = messageID
            self.subject = subject
            self.fromKey = fromKey
            self.fromText = fromText
            self.toText = toText
            self.text = text
            self.isTextCut = isTextCut
            self.receivedAt = receivedAt
            self.sentAt = sentAt
            self.responder = responder
            self.evidence = evidence
            self.liesInJunk = liesInJunk
            self.isAnswered = isAnswered
            self.settled = settled
            self.lingerUntil = lingerUntil
            self.ownID = ownID
            self.namedIDs = namedIDs
        }
    }
}

/// A ticket that filing opened.
package struct NewTicket: Sendable {
    package var row: Ticket
    package var subject: String
    /// Who wrote the mail that opened it, where it was inbound.
    package var contact: (key: String, address: String, name: String)?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var claims: Ticket.ID?
    package var isAdopted: Bool

    package init(
        row: Ticket,
        subject: String,
        contact: (key: String, address: String, name: String)?,
        createdAt: Timestamp,
        updatedAt: Timestamp,
        claims: Ticket.ID?,
        isAdopted: Bool
    ) {
        self.row = row
        self.subject = subject
        self.contact = contact
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.claims = claims
        self.isAdopted = isAdopted
    }
}
