/// Everything one look at a folder changes in the ledger: committed as one transaction, or not at all.
///
/// Applied in the order of its members. An answer older than what is stored changes nothing; a UID once gone in its
/// epoch never returns; only positive evidence takes a placement away.
package struct LedgerChange: Hashable, Sendable {
    /// The folder.
    package var folder: Identifier<Folder>
    /// The epoch that the UIDs belong to.
    package var epoch: Int
    /// The mailbox's number, read before the command whose answer this is.
    package var number: Int64
    /// The folder begins a new epoch: everything known of it is gone.
    package var newEpoch: NewEpoch?
    /// UIDs the server said have vanished; also ones that were never there.
    package var vanished: [ClosedRange<UInt32>] = []
    /// Flags that were seen.
    package var observed: [ObservedFlags] = []
    /// All UIDs of a complete enumeration, ascending: what is live and not among them is gone.
    ///
    /// Nil: none was made.
    package var present: [UInt32]?
    /// ``present`` came without flags, so that when all of them are compared again stays as it was.
    package var isFlagless = false
    /// An enumeration was not complete: how long no other is made because counts differ.
    package var enumerationPause: Duration?
    /// Mails recognised without their bytes.
    package var presumed: [PresumedPlacement] = []
    /// Mails that the server shows and does not give, new or tried again.
    package var parked: [ParkedMail] = []
    /// A folder that was missing is back as it was: what was held because of that needs no decision.
    package var endsMissing = false
    /// How far the folder is synchronised now; everything it passes is committed with it or was before.
    package var cursor: FolderCursor?
    /// All of it is rolled back unless so many placements of the epoch are live afterwards: EXISTS of the SELECT that
    /// it is the answer to.
    package var expectedLive: Int?

    /// A UIDVALIDITY that was not known.
    package struct NewEpoch: Hashable, Sendable {
        /// The server's UIDVALIDITY.
        package let uidValidity: UInt32
        /// ``FolderPhase/backfill`` or ``FolderPhase/rematch``.
        package let phase: FolderPhase

        /// Puts the values together.
        package init(uidValidity: UInt32, phase: FolderPhase) {
            self.uidValidity = uidValidity
            self.phase = phase
        }
    }

    /// A change of nothing yet.
    package init(folder: Identifier<Folder>, epoch: Int, number: Int64) {
        self.folder = folder
        self.epoch = epoch
        self.number = number
    }

    /// Whether committing it could write anything.
    package var isEmpty: Bool {
        self.newEpoch == nil && self.vanished.isEmpty && self.observed.isEmpty && self.present == nil
            && self.enumerationPause == nil && self.presumed.isEmpty && self.parked.isEmpty && !self.endsMissing
            && self.cursor == nil
    }
}

/// What became of a ``LedgerChange``.
package enum LedgerOutcome: Hashable, Sendable {
    /// Committed: how many placements were written, changed or gone, and the folder's epoch.
    case committed(changes: Int, epoch: Int)
    /// Rolled back: so many would have been live.
    case contradicted(live: Int)
    /// Rolled back: the folder is in another epoch than the change assumes.
    case overtaken
}
