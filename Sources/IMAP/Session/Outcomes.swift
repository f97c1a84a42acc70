/// A server's NO or BAD.
package struct Refusal: Equatable, Sendable {
    /// The reason as a code, where the server gave one.
    package let code: ResponseCode?
    /// The reason as text, for an administrator.
    ///
    /// Escape it before showing it.
    package let text: String

    /// A refusal from its parts.
    package init(code: ResponseCode?, text: String) {
        self.code = code
        self.text = text
    }

    /// True where the same command may succeed later.
    package var isTransient: Bool { self.code?.isTransient ?? false }

    /// True where an accepted log-in is taken back (imap-field-notes Q68).
    var deniesLogIn: Bool { self.text.lowercased().contains("authenticated but not connected") }

    /// True where the server may not know the command or its syntax, although it offers it: BAD, or NO for no reason that
    /// time or rights would explain.
    ///
    /// Courier answers NO to unknown commands (imap-field-notes Q8), others SERVERBUG (Q4).
    var contradictsOffer: Bool {
        guard !self.deniesLogIn else { return false }
        switch self.code {
        case nil, .badEvent, .clientBug, .serverBug, .cannot, .parse, .badCharset, .other: return true
        default: return false
        }
    }
}

/// What became of a command that changes the mail server.
package enum ChangeOutcome: Equatable, Sendable {
    /// The server says it is done.
    case confirmed
    /// The server says it is not done.
    case refused(Refusal)
    /// Nobody knows: look before doing it again.
    case ambiguous(IMAPError)
}

/// What became of a MOVE or COPY.
package enum MoveOutcome: Equatable, Sendable {
    /// Done, with the proof.
    case confirmed(MoveReceipt)
    /// Not done.
    case refused(Refusal)
    /// Nobody knows, or the server claims it without proof: look in both folders.
    case ambiguous(IMAPError)
}

/// Which mail became which: the server's COPYUID (RFC 4315).
package struct MoveReceipt: Equatable, Sendable {
    /// One mail, before and after.
    package struct Pair: Hashable, Sendable {
        /// UID in the folder it was in.
        package let source: UInt32
        /// UID in the folder it went to.
        package let destination: UInt32

        /// A pair of UIDs.
        package init(source: UInt32, destination: UInt32) {
            self.source = source
            self.destination = destination
        }
    }
    /// UIDVALIDITY of the destination.
    package let destinationUIDValidity: UInt32
    /// The mails, in the server's order.
    ///
    /// May be fewer than asked for: what is missing was not there.
    package let pairs: [Pair]

    /// A receipt from its parts.
    package init(destinationUIDValidity: UInt32, pairs: [Pair]) {
        self.destinationUIDValidity = destinationUIDValidity
        self.pairs = pairs
    }

    /// Reads COPYUID codes against what was asked; nil where they prove nothing: none at all, lists of different length,
    /// a UID that was not asked for, or one named twice.
    static func reading(_ codes: [ResponseCode], asked: UIDSet, limit: Int) -> MoveReceipt? {
        var validity: UInt32?
        var pairs: [Pair] = []
        var sources: Set<UInt32> = []
        for case .copyUID(let uidValidity, let source, let destination) in codes {
            guard validity == nil || validity == uidValidity, source.count == destination.count,
                let from = source.expanded(limit: limit - pairs.count),
                let to = destination.expanded(limit: limit - pairs.count)
            else { return nil }
            validity = uidValidity
            for (source, destination) in zip(from, to) {
                guard asked.contains(source), destination > 0, sources.insert(source).inserted else { return nil }
                pairs.append(Pair(source: source, destination: destination))
            }
        }
        guard let validity, !pairs.isEmpty, Set(pairs.map(\.destination)).count == pairs.count else { return nil }
        return MoveReceipt(destinationUIDValidity: validity, pairs: pairs)
    }
}

/// What became of an APPEND.
package enum AppendOutcome: Equatable, Sendable {
    /// Done, with the proof.
    case confirmed(AppendReceipt)
    /// Not done.
    case refused(Refusal)
    /// Nobody knows, or the server claims it without proof: look before doing it again.
    case ambiguous(IMAPError)
}

/// Where an appended mail went: the server's APPENDUID (RFC 4315).
package struct AppendReceipt: Equatable, Sendable {
    /// UIDVALIDITY of the folder.
    package let uidValidity: UInt32
    /// UID of the mail.
    package let uid: UInt32

    /// A receipt from its parts.
    package init(uidValidity: UInt32, uid: UInt32) {
        self.uidValidity = uidValidity
        self.uid = uid
    }
}

/// Why waiting for news ended.
package enum IdleEnd: Equatable, Sendable {
    /// The server said something about the folder; it waits in ``IMAPConnection/takeUnsolicited()``.
    case serverActivity
    /// Nothing happened for as long as was asked.
    case timeout
    /// The interrupt fired, or the task was cancelled; then the connection is of no use any more.
    case interrupted
}
