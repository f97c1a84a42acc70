/// A folder in one of its epochs: what a UID belongs to.
package struct FolderEpoch: Hashable, Sendable {
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
