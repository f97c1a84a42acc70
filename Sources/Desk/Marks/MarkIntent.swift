/// Marks that Baton is about to write, or may have written before a crash or a lost answer.
package struct MarkIntent: Hashable, Sendable {
    /// Whether its command may still be running.
    package enum Phase: String, CaseIterable, Hashable, Sendable {
        /// Its session is at work.
        case inFlight = "in_flight"
        /// Nobody knows what became of it.
        case recovering
    }

    /// How far writing has come, for sure; each step is durable before its command is sent.
    package enum Step: String, CaseIterable, Hashable, Sendable {
        /// Flags, and a MOVE where there is one: what shows the target was written.
        case write
        /// Flags, and a COPY where the server has no MOVE: a copy may lie in the destination.
        case copy
        /// The copy is known: the source gets `\Deleted`.
        case mark
        /// The source has `\Deleted`: UID EXPUNGE of it alone.
        case expunge
    }

    /// One placement on the server, which its row in the ledger is found by.
    package struct Source: Hashable, Sendable {
        /// The folder.
        package let folder: Identifier<Folder>
        /// Our count of the folder's UIDVALIDITY changes.
        package let epoch: Int
        /// The UID.
        package let uid: UInt32

        /// Names a placement.
        package init(folder: Identifier<Folder>, epoch: Int, uid: UInt32) {
            self.folder = folder
            self.epoch = epoch
            self.uid = uid
        }
    }

    /// The number drawn when it was opened, when its step was taken, or when its session was lost; the newest of them.
    package let number: Int64
    /// What the message shall show.
    package let target: MarkState
    /// What it changes.
    package let fields: MarkFields
    /// Whether its command may still be running.
    package let phase: Phase
    /// How far it has come.
    package let step: Step
    /// What it changes; nil: not asked for, since it has no further step.
    package let source: Source?
    /// The highest ledger number there was when it was opened: what it made has a higher one.
    package let newest: Identifier<Placement>
    /// The copy that is known to be the message's new placement, from ``Step/mark`` on.
    package let copy: Identifier<Placement>?

    /// Describes an intent.
    package init(
        number: Int64,
        target: MarkState,
        fields: MarkFields,
        phase: Phase,
        step: Step = .write,
        source: Source? = nil,
        newest: Identifier<Placement> = Identifier(0),
        copy: Identifier<Placement>? = nil
    ) {
        self.number = number
        self.target = target
        self.fields = fields
        self.phase = phase
        self.step = step
        self.source = source
        self.newest = newest
        self.copy = copy
    }
}
