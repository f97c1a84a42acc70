/// The flags of one mail.
package struct MessageFlags: Equatable, Sendable {
    /// The mail's UID.
    package let uid: UInt32
    /// Flags and keywords as sent; compare them in any case.
    package let flags: [String]
    /// The mail's modification sequence, where the server keeps them.
    package let modSeq: UInt64?

    /// Flags of a mail.
    package init(uid: UInt32, flags: [String], modSeq: UInt64? = nil) {
        self.uid = uid
        self.flags = flags
        self.modSeq = modSeq
    }
}

/// What a fetch of flags answers.
package struct FlagsAnswer: Equatable, Sendable {
    /// One row for each mail the server named, in wire order; a mail can come twice, the later row counts.
    package let rows: [MessageFlags]
    /// UIDs the server says are gone.
    package let vanished: UIDSet
    /// The lowest HIGHESTMODSEQ named with the answers: everything up to it is in ``rows``.
    package let highestModSeq: UInt64?

    /// An answer from its parts.
    package init(rows: [MessageFlags], vanished: UIDSet = UIDSet(), highestModSeq: UInt64? = nil) {
        self.rows = rows
        self.vanished = vanished
        self.highestModSeq = highestModSeq
    }
}

/// What is known of a mail without its bytes.
package struct MessageSummary: Equatable, Sendable {
    /// The mail's UID.
    package let uid: UInt32
    /// Its flags, or nil where the answer had none.
    package let flags: [String]?
    /// Its modification sequence.
    package let modSeq: UInt64?
    /// When the server received it, in µs since 1970; nil where missing or nonsense.
    package let internalDate: Int64?
    /// What the server believes its size is, in bytes.
    ///
    /// A hint: the literal's length is the truth.
    package let size: Int64?
    /// The server's own name for the mail, where it offers OBJECTID or X-GM-EXT-1.
    package let objectID: ObjectID?
    /// Gmail's labels, without that of the folder it was asked in; nil where not offered.
    package let labels: [String]?

    /// A summary from its parts.
    package init(
        uid: UInt32,
        flags: [String]?,
        modSeq: UInt64? = nil,
        internalDate: Int64? = nil,
        size: Int64? = nil,
        objectID: ObjectID? = nil,
        labels: [String]? = nil
    ) {
        self.uid = uid
        self.flags = flags
        self.modSeq = modSeq
        self.internalDate = internalDate
        self.size = size
        self.objectID = objectID
        self.labels = labels
    }
}

/// One step of a mail's bytes arriving.
///
/// Mails come one after the other, in wire order.
package enum BodyEvent: Equatable, Sendable {
    /// Bytes of a mail follow, `size` in all; the UID where it was already said.
    case begin(uid: UInt32?, size: Int)
    /// The next bytes, in the portions in which they came; never none.
    case bytes(MailBytes)
    /// The mail is complete, or has no bytes, as the state says.
    indirect case end(MessageSummary, BodyState)
    /// The bytes since `begin` belong to no mail that was asked for: throw them away.
    case abandoned
}

/// Whether a mail's bytes came.
///
/// Three states, because servers mean different things by them.
package enum BodyState: Equatable, Sendable {
    /// All of them, after a `begin`.
    case complete
    /// The server says there are none: `BODY[] NIL`.
    ///
    /// No `begin` came.
    case null
    /// The server left them out.
    ///
    /// No `begin` came.
    case absent
}

/// Something the server said about the selected folder that no command asked for.
package enum UnsolicitedEvent: Equatable, Sendable {
    /// The folder holds so many mails now.
    case exists(Int)
    /// The mail with this sequence number is gone.
    ///
    /// Sequence numbers are no addresses: look what is missing.
    case expunged(sequence: UInt32)
    /// These UIDs are gone.
    case vanished(UIDSet)
    /// Somebody changed flags.
    case flags(MessageFlags)
    /// Too many events: some were dropped, so the folder must be looked at as a whole.
    case overflowed
}
