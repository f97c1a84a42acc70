package import Desk

/// One copy of a message as ingestion saw it on the server.
package struct SeenPlacement: Sendable, Equatable {
    package let uid: UInt32
    /// SHA-256 of `BODY[]`; nil when the server gave no body for this UID.
    package let digest: [UInt8]?
    /// As the server spells them, sorted, without `\Recent`.
    package let flags: [String]
    package let modSeq: UInt64?
    package let internalDate: Timestamp?

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
    package let mailbox: Identifier<Mailbox>
    package let folder: Identifier<Folder>
    package let epoch: Int

    package init(mailbox: Identifier<Mailbox>, folder: Identifier<Folder>, epoch: Int) {
        self.mailbox = mailbox
        self.folder = folder
        self.epoch = epoch
    }
}
