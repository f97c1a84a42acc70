/// A live row of the ledger: one copy of a message, in a watched folder.
package struct MarkPlacement: Hashable, Sendable {
    /// The ledger number; later placements have higher ones.
    package let id: Identifier<Placement>
    /// Placements of the same mail in this folder that ended because UIDVALIDITY changed, ascending: one of them was this one.
    package var formers: [Identifier<Placement>]
    /// The folder.
    package let folder: Identifier<Folder>
    /// What the folder stands for.
    package let role: FolderRole
    /// Our count of the folder's UIDVALIDITY changes.
    package let epoch: Int
    /// The UID.
    package let uid: UInt32
    /// The newest number under which its flags were seen; nil while only the mark writer knows it.
    package var observation: Int64?
    /// The number under which its present folder or flags were seen first, where that is known.
    package var changedObservation: Int64?
    /// Its flags.
    package var flags: MarkFlags

    /// Describes a placement.
    package init(
        id: Identifier<Placement>,
        formers: [Identifier<Placement>] = [],
        folder: Identifier<Folder>,
        role: FolderRole,
        epoch: Int,
        uid: UInt32,
        observation: Int64?,
        changedObservation: Int64? = nil,
        flags: MarkFlags
    ) {
        self.id = id
        self.formers = formers
        self.folder = folder
        self.role = role
        self.epoch = epoch
        self.uid = uid
        self.observation = observation
        self.changedObservation = changedObservation
        self.flags = flags
    }

    /// The ledger number under which its folder first held it, under whatever UIDVALIDITY.
    var since: Identifier<Placement> { self.formers.first ?? self.id }

    /// What it shows; nil in folders without marks.
    package var state: MarkState? {
        Place(role: self.role, folder: self.folder).map { MarkState(place: $0, flags: self.flags) }
    }
}

/// What Baton and the mailbox last agreed on for a message.
package struct Settled: Hashable, Sendable {
    /// The marks.
    package var state: MarkState
    /// The placement that showed them.
    package var placement: Identifier<Placement>
    /// Whether they last agreed that the message is gone; ``state`` is the one before.
    package var isGone: Bool
    /// The mailbox's number when they last agreed on everything, set by whoever stores it.
    package var number: Int64
    /// Whether this is an agreement on everything: whoever stores it then gives it the mailbox's present ``number``; else a
    /// person's command may still wait to be shown, and the number stays as it was.
    package var isComplete: Bool

    /// Describes an agreement.
    package init(
        state: MarkState,
        placement: Identifier<Placement>,
        isGone: Bool = false,
        number: Int64 = 0,
        isComplete: Bool = true
    ) {
        self.state = state
        self.placement = placement
        self.isGone = isGone
        self.number = number
        self.isComplete = isComplete
    }
}
