package import Desk

/// One copy of a message as ingestion saw it on the server.
package struct SeenPlacement: Sendable, Equatable {
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

    /// Puts the values together.
    package init(uid: UInt32, digest: [UInt8]?, flags: [String], modSeq: UInt64?, internalDate: Timestamp?) {
        self.uid = uid
        self.digest = digest
        self.flags = flags.filter { $0.lowercased() != "\\recent" }.sorted()
        self.modSeq = modSeq
        self.internalDate = internalDate
    }
}

/// A folder in one of its epochs: what a UID belongs to.
package struct FolderEpoch: Sendable, Hashable {
    /// The mailbox it belongs to.
    package let mailbox: Identifier<Mailbox>
    /// The folder it lies in.
    package let folder: Identifier<Folder>
    /// The folder's epoch, ours, that its UID belongs to.
    package let epoch: Int

    /// Puts the values together.
    package init(mailbox: Identifier<Mailbox>, folder: Identifier<Folder>, epoch: Int) {
        self.mailbox = mailbox
        self.folder = folder
        self.epoch = epoch
    }
}
