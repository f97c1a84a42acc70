/// What a mail is recognised by without its bytes.
///
/// The ladder (imap-field-notes §2.6): the server's own id of the mail; else Message-ID, INTERNALDATE and size, all
/// three equal. What it cannot tell for certain is told by the digest of the bytes.
package struct IdentityKey: Hashable, Sendable {
    /// EMAILID (RFC 8474) or X-GM-MSGID.
    package let emailID: String?
    /// The digest of its Message-ID.
    package let messageID: IDDigest?
    /// INTERNALDATE.
    package let arrival: Timestamp?
    /// RFC822.SIZE in bytes, as the server says it.
    package let size: Int64?

    /// Puts the values together.
    package init(emailID: String? = nil, messageID: IDDigest?, arrival: Timestamp?, size: Int64?) {
        self.emailID = emailID
        self.messageID = messageID
        self.arrival = arrival
        self.size = size
    }

    /// Whether anything can be recognised by it at all.
    package var isUsable: Bool {
        self.emailID != nil || self.messageID != nil && self.arrival != nil && self.size != nil
    }
}

/// A stored mail that a key may mean.
package struct IdentityCandidate: Hashable, Sendable {
    /// Which of the keys asked for, by its UID.
    package let uid: UInt32
    /// SHA-256 of the stored mail, 32 bytes.
    package let digest: [UInt8]
    /// What became of the placement that was known.
    package let fate: Fate
    /// Why, where the fate needs a reason.
    package let reason: String?
    /// How many placements of it the folder had in one former epoch, at most.
    package let copies: Int
    /// How many it has in the present epoch already.
    package let taken: Int

    /// Puts the values together.
    package init(uid: UInt32, digest: [UInt8], fate: Fate, reason: String?, copies: Int, taken: Int) {
        self.uid = uid
        self.digest = digest
        self.fate = fate
        self.reason = reason
        self.copies = copies
        self.taken = taken
    }
}
