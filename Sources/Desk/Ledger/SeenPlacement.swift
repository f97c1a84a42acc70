/// One copy of a message as ingestion saw it on the server.
package struct SeenPlacement: Hashable, Sendable {
    /// The UID, valid in one epoch of one folder.
    package let uid: UInt32
    /// SHA-256 of `BODY[]`; nil when the server gave no body for this UID.
    package let digest: [UInt8]?
    /// As the server spells them, sorted, without `\Recent`.
    package let flags: [String]
    /// MODSEQ, where the server has it.
    package let modSeq: UInt64?
    /// INTERNALDATE, where the server gives one.
    package let internalDate: Timestamp?
    /// RFC822.SIZE in bytes as the server says it, to recognise the mail under another UID.
    package let size: Int64?
    /// EMAILID (RFC 8474) or X-GM-MSGID, where the server has one.
    package let emailID: String?

    /// Puts the values together.
    package init(
        uid: UInt32,
        digest: [UInt8]?,
        flags: [String],
        modSeq: UInt64?,
        internalDate: Timestamp?,
        size: Int64? = nil,
        emailID: String? = nil
    ) {
        self.uid = uid
        self.digest = digest
        self.flags = ObservedFlags.stored(flags)
        self.modSeq = modSeq
        self.internalDate = internalDate
        self.size = size
        self.emailID = emailID
    }
}
