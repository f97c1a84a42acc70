/// What the header and the folder of a mail say about who wrote it.
package struct MailFacts: Hashable, Sendable {
    /// The role of the folder it lies in.
    package var folder: FolderRole
    /// The From field.
    package var from: [Party]
    /// The Sender field.
    package var sender: Party?
    /// The Reply-To field.
    package var replyTo: [Party]
    /// The To, Cc and Bcc fields.
    package var recipients: [Party]
    /// What our own mail server says about From.
    package var verdict: AuthenticationVerdict

    /// Collects the facts.
    package init(
        folder: FolderRole,
        from: [Party],
        sender: Party? = nil,
        replyTo: [Party] = [],
        recipients: [Party] = [],
        verdict: AuthenticationVerdict = .unverified
    ) {
        self.folder = folder
        self.from = from
        self.sender = sender
        self.replyTo = replyTo
        self.recipients = recipients
        self.verdict = verdict
    }
}

/// Who of ours answered.
package struct Responder: Hashable, Sendable {
    /// The agent.
    package let agent: Agent.ID
    /// Whether that is only presumed, because the ticket was theirs.
    package let isPresumed: Bool

    /// Names the responder.
    package init(agent: Agent.ID, isPresumed: Bool) {
        self.agent = agent
        self.isPresumed = isPresumed
    }
}

/// Which way a mail went, as far as the mail itself tells.
package enum MailIdentity: Hashable, Sendable {
    /// From us to somebody else.
    case outbound
    /// From somebody else: From, or the Reply-To of a form that sends in our name.
    case inbound(from: [Party])
    /// It says that it is from us, and nothing vouches for it.
    case inboundClaimingToBeUs
    /// From us to us.
    case `internal`

    /// Decides by the rules of "Direction".
    package static func decide(_ mail: MailFacts, ours: OurIdentity) -> MailIdentity {
        let reachesOthers = mail.recipients.contains { !ours.isOurs($0.key) }
        if mail.folder == .sent || mail.folder == .drafts { return reachesOthers ? .outbound : .internal }

        let fromOurs = mail.from.filter { ours.isOurs($0.key) }
        guard !fromOurs.isEmpty else { return .inbound(from: mail.from) }
        let foreignReplyTo = mail.replyTo.filter { !ours.isOurs($0.key) }
        if !foreignReplyTo.isEmpty { return .inbound(from: foreignReplyTo) }
        // Several authors cannot be vouched for together.
        guard mail.from.count == 1, mail.verdict == .vouched else { return .inboundClaimingToBeUs }
        return reachesOthers ? .outbound : .internal
    }

    /// Who answered: one agent by address, else one agent by the display name of From, else the ticket's owner, else nobody known.
    package static func responder(_ mail: MailFacts, ours: OurIdentity, owner: Agent.ID?) -> Responder? {
        let parties = mail.from + mail.replyTo + (mail.sender.map { [$0] } ?? [])
        let byAddress = Set(parties.compactMap { ours.agentKeys[$0.key] })
        if byAddress.count == 1, let agent = byAddress.first { return Responder(agent: agent, isPresumed: false) }

        let named = mail.from.map { ours.agentNames[OurIdentity.nameKey($0.name)] ?? [] }
        let byName = named.reduce(into: Set<Agent.ID>()) { $0.formUnion($1) }
        if byName.count == 1, let agent = byName.first { return Responder(agent: agent, isPresumed: false) }
        return owner.map { Responder(agent: $0, isPresumed: true) }
    }
}
