/// A digest of a message id, so that unbounded header values are never compared or indexed themselves.
package struct IDDigest: Hashable, Sendable {
    /// Thirty-two bytes.
    package let bytes: [UInt8]

    /// Wraps a digest of exactly 32 bytes; nil for any other length.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }
}

/// What threading needs to know of a mail.
package struct ThreadingMail: Hashable, Sendable {
    /// Its own Message-ID.
    package var ownID: IDDigest?
    /// In-Reply-To, in header order.
    package var inReplyTo: [IDDigest]
    /// References, in header order: oldest first.
    package var references: [IDDigest]
    /// Keys of From and Reply-To, without our own addresses.
    package var senders: Set<String>
    /// Whether the sender must take part in the ticket; see ``Filing/asksParticipation(_:_:)``.
    package var asksParticipation: Bool

    /// Collects what is needed.
    package init(
        ownID: IDDigest?,
        inReplyTo: [IDDigest],
        references: [IDDigest],
        senders: Set<String>,
        asksParticipation: Bool
    ) {
        self.ownID = ownID
        self.inReplyTo = inReplyTo
        self.references = references
        self.senders = senders
        self.asksParticipation = asksParticipation
    }
}

/// Why a mail belongs to a ticket.
package enum Evidence: Hashable, Sendable {
    /// It answers a message that the ticket knows.
    case inReplyTo(IDDigest)
    /// It refers to a message that the ticket knows.
    case reference(IDDigest)
    /// The ticket's mail refers to it: it is the ancestor that was not seen yet.
    case awaitedAncestor(IDDigest)

    /// The word stored with the message.
    package var name: String {
        switch self {
        case .inReplyTo: "in_reply_to"
        case .reference: "references"
        case .awaitedAncestor: "awaited_ancestor"
        }
    }

    /// The id that ties the two together.
    package var digest: IDDigest {
        switch self {
        case .inReplyTo(let digest), .reference(let digest), .awaitedAncestor(let digest): digest
        }
    }
}

/// Which ticket a mail belongs to.
package enum ThreadingDecision: Hashable, Sendable {
    /// To this one, because of this.
    case existing(Ticket.ID, Evidence)
    /// To a new one; `claims` is the ticket that the evidence names and the sender takes no part in.
    case new(claims: Ticket.ID?, Evidence?)
}

/// Finds the ticket of a mail by In-Reply-To, then References from newest to oldest, then by those who refer to the mail itself.
///
/// An id that nobody saw the message of counts as soon as any mail of a ticket mentions it.
package enum Threading {
    /// The ids to look up for a mail, best evidence first, each once.
    package static func lookups(of mail: ThreadingMail) -> [IDDigest] {
        self.ladder(of: mail).map(\.digest)
    }

    /// Decides with the tickets known under each id (own ids and ids that a ticket's mail mentions) and who takes part in them.
    ///
    /// The best evidence wins whose ticket the sender takes part in; among tickets under one id, the oldest.
    package static func decide(
        mail: ThreadingMail,
        known: [IDDigest: [Ticket.ID]],
        participants: [Ticket.ID: Set<String>]
    ) -> ThreadingDecision {
        var claim: (ticket: Ticket.ID, evidence: Evidence)?
        for evidence in self.ladder(of: mail) {
            for ticket in (known[evidence.digest] ?? []).sorted() {
                if !mail.asksParticipation { return .existing(ticket, evidence) }
                if let members = participants[ticket], !members.isDisjoint(with: mail.senders) {
                    return .existing(ticket, evidence)
                }
                claim = claim ?? (ticket, evidence)
            }
        }
        return .new(claims: claim?.ticket, claim?.evidence)
    }

    private static func ladder(of mail: ThreadingMail) -> [Evidence] {
        var seen: Set<IDDigest> = []
        var ladder: [Evidence] = []
        for digest in mail.inReplyTo where seen.insert(digest).inserted { ladder.append(.inReplyTo(digest)) }
        for digest in mail.references.reversed() where seen.insert(digest).inserted {
            ladder.append(.reference(digest))
        }
        if let own = mail.ownID, seen.insert(own).inserted { ladder.append(.awaitedAncestor(own)) }
        return ladder
    }
}
