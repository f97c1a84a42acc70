/// How far a folder was committed: (UIDVALIDITY, UIDNEXT, HIGHESTMODSEQ); `\Seen` is never part of it.
package struct FolderCursor: Hashable, Sendable {
    /// UIDVALIDITY; 0: none known.
    package var uidValidity: UInt32
    /// Every UID below is in the ledger.
    package var uidNext: UInt32
    /// The committed watermark; 0: none.
    package var highestModSeq: UInt64
    /// EXISTS then.
    package var messages: Int
    /// It has an epoch and was synchronised to its end.
    package var isLive: Bool

    /// Puts the values together.
    package init(uidValidity: UInt32, uidNext: UInt32, highestModSeq: UInt64, messages: Int, isLive: Bool) {
        self.uidValidity = uidValidity
        self.uidNext = uidNext
        self.highestModSeq = highestModSeq
        self.messages = messages
        self.isLive = isLive
    }
}
