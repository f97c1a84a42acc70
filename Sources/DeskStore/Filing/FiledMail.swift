package import Desk

/// One mail as filing decided it, with everything that its rows hold.
package struct FiledMail: Sendable {
    /// The fetched mail it is made of.
    package var mail: UnfiledMail
    /// Its id.
    package var id: Identifier<Message>
    /// nil for a copy of a stored message: only the placement's fate is written.
    package var message: Content?
    /// What became of it.
    package var fate: Fate
    /// Why, where the fate needs a reason.
    package var reason: String?
    /// The ticket it is on, if any.
    package var ticket: Ticket.ID?
    /// The message was stored before without a ticket and is filed as new now.
    package var isRefiled = false
    /// It was in quarantine, and what is known of it now is written over what a scan found then.
    package var retried: Retried?

    /// What a mail that is tried again brings to its ticket.
    package struct Retried: Sendable {
        /// Who wrote it, where it is inbound.
        package let contact: FilingContact?

        /// Names who wrote it.
        package init(contact: FilingContact?) {
            self.contact = contact
        }
    }

    /// Puts the values together.
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
        /// Which way it went.
        package var direction: Direction
        /// Who or what wrote it.
        package var kind: MessageKind
        /// False when it claims to be ours and nobody vouches for it.
        package var isVerified: Bool
        /// The Message-ID as in the header, with angle brackets.
        package var messageID: String?
        /// The decoded subject.
        package var subject: String
        /// The first author's comparison key.
        package var fromKey: String?
        /// The authors as written.
        package var fromText: String
        /// The recipients as written.
        package var toText: String
        /// The readable text.
        package var text: String
        /// The text was cut at its limit.
        package var isTextCut: Bool
        /// When it arrived, by the rule of `ArrivalTime`.
        package var receivedAt: Timestamp
        /// The Date field.
        package var sentAt: Timestamp?
        /// Who of ours wrote it.
        package var responder: Responder?
        /// Why it is on its ticket.
        package var evidence: String?
        /// It lies in Junk and is on a ticket all the same.
        package var liesInJunk: Bool
        /// An answer of ours names it.
        package var isAnswered: Bool
        /// What the filer settles once, from the placement it filed; nil where no marks are shown.
        package var settled: Settled?
        /// Until when it stays where agents' clients announce it.
        package var lingerUntil: Timestamp?
        /// Ids that lead to the ticket from now on, the message's own first where it has one.
        package var ownID: IDDigest?
        /// Ids that its References and In-Reply-To name.
        package var namedIDs: [IDDigest]

        /// Puts the values together.
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

/// A person who writes in, as a mail names them.
package struct FilingContact: Sendable, Equatable {
    /// The comparison key of the address.
    package let key: String
    /// The address as written.
    package let address: String
    /// The display name; empty where there is none.
    package let name: String

    /// Puts the values together.
    package init(key: String, address: String, name: String) {
        self.key = key
        self.address = address
        self.name = name
    }
}

/// A ticket that filing opened.
package struct NewTicket: Sendable {
    /// The ticket's row.
    package var row: Ticket
    /// The decoded subject.
    package var subject: String
    /// Who wrote its first inbound mail.
    package var contact: FilingContact?
    /// Arrival of its first message.
    package var createdAt: Timestamp
    /// Time of its last event.
    package var updatedAt: Timestamp
    /// The ticket it says it belongs to, without being let in.
    package var claims: Ticket.ID?
    /// It came with the first import.
    package var isAdopted: Bool

    /// Puts the values together.
    package init(
        row: Ticket,
        subject: String,
        contact: FilingContact?,
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
