/// One message with everything that decides about its marks, as the database holds it.
package struct MarkCase: Sendable {
    /// A live placement with its flags as the server spells them.
    package struct Copy: Sendable {
        /// Its number.
        package let number: Int64
        /// The numbers that the mail had in this folder before its UIDVALIDITY changed, ascending.
        package let formers: [Int64]
        /// The folder it lies in.
        package let folder: Identifier<Folder>
        /// What the folder is for.
        package let role: FolderRole
        /// The folder's epoch, ours, that its UID belongs to.
        package let epoch: Int
        /// The UID, valid in one epoch of one folder.
        package let uid: UInt32
        /// 0: put there by the mark writer, not observed yet.
        package let observed: Int64
        /// Flags and keywords as the server spells them.
        package let flags: [String]
        /// The folder is not listed any more, or does not open.
        package let isInMissingFolder: Bool

        /// Puts the values together.
        package init(
            number: Int64,
            formers: [Int64],
            folder: Identifier<Folder>,
            role: FolderRole,
            epoch: Int,
            uid: UInt32,
            observed: Int64,
            flags: [String],
            isInMissingFolder: Bool
        ) {
            self.number = number
            self.formers = formers
            self.folder = folder
            self.role = role
            self.epoch = epoch
            self.uid = uid
            self.observed = observed
            self.flags = flags
            self.isInMissingFolder = isInMissingFolder
        }
    }

    /// An intent of a former holder, as it was recorded.
    package struct Belated: Sendable {
        /// Its id.
        package let intent: Identifier<MarkIntent>
        /// What the message was to show.
        package let target: MarkState
        /// Which of its commands may still come.
        package let command: BelatedWrite.Command
        /// Flags and keywords that the command adds or removes, as they are sent.
        package let flags: [String]
        /// The present holder moved the message away from where it comes to.
        package let isFollowed: Bool

        /// Puts the values together.
        package init(
            intent: Identifier<MarkIntent>,
            target: MarkState,
            command: BelatedWrite.Command,
            flags: [String],
            isFollowed: Bool
        ) {
            self.intent = intent
            self.target = target
            self.command = command
            self.flags = flags
            self.isFollowed = isFollowed
        }
    }

    /// Its id.
    package let id: Identifier<Message>
    /// SHA-256 of `BODY[]`, 32 bytes.
    package let digest: [UInt8]
    /// What ``MarkUnit/clear(_:)`` and the end of an intent compare, so that a touch that came meanwhile is kept.
    package let touched: Int64?
    /// Which way it went.
    package let direction: Direction
    /// The ticket it is on, if any.
    package let ticket: Ticket?
    /// An answer of ours names it.
    package let isAnswered: Bool
    /// It alone is muted and stays in Junk.
    package let isMutedInJunk: Bool
    /// It came with the first import.
    package let isAdopted: Bool
    /// Baton wrote it or an agent moved it since adoption.
    package let isInReach: Bool
    /// When it arrived, by the rule of `ArrivalTime`.
    package let receivedAt: Timestamp
    /// Its ticket changed since it was adopted.
    package var changedSinceAdoption: Bool
    /// The number drawn by a person's last command on the ticket.
    package let personCommand: Int64?
    /// What both sides agreed on last.
    package var settled: Settled?
    /// The number of its last intent that closed or was lost.
    package let closedNumber: Int64
    /// Not every placement was seen since ``closedNumber``; ingestion asks for them again.
    package let isUnconfirmed: Bool
    /// Until when it stays where agents' clients announce it.
    package let lingerUntil: Timestamp?
    /// Where it was first seen.
    package let firstFolder: Identifier<Folder>?
    /// It shall go back there.
    package let isRestoring: Bool
    /// The number at the start of the last complete synchronisation.
    package let completeSync: Int64
    /// The database's clock.
    package let now: Timestamp
    /// Its live placements.
    package var copies: [Copy] = []
    /// The newest number under which a placement of it was found gone; 0: none.
    package var goneNumber: Int64 = 0
    /// A folder it lay in has a new UIDVALIDITY, and what is in it is not all recognised yet: where the message is, nobody knows.
    package var isBeingRecognised = false
    /// The intent that no answer closed, if any.
    package var intent: MarkIntent?
    /// Intents of former holders whose commands may still come.
    package var belated: [Belated] = []
    /// Fields that are held now.
    package var holds: MarkFields = []
    /// When the first of ``holds`` ends.
    package var heldUntil: Timestamp?
    /// Something was held for a time that is over.
    package var hasHoldThatIsOver = false
    /// The breaker stopped a gesture on it.
    package var isStopped = false
    /// What a person decided about that, if anybody did.
    package var decision: BreakerDecision?
    /// One of its folders is not listed any more: it is held until the folder is back or a person decides.
    ///
    /// What lies in All lies there beside, or is archived, and is not missed.
    package var liesInMissingFolder: Bool { self.copies.contains { $0.isInMissingFolder && $0.role != .all } }

    /// Puts the values of its row together; what is not in it is added.
    package init(
        id: Identifier<Message>,
        digest: [UInt8],
        touched: Int64?,
        direction: Direction,
        ticket: Ticket?,
        isAnswered: Bool,
        isMutedInJunk: Bool,
        isAdopted: Bool,
        isInReach: Bool,
        receivedAt: Timestamp,
        changedSinceAdoption: Bool,
        personCommand: Int64?,
        settled: Settled?,
        closedNumber: Int64,
        isUnconfirmed: Bool,
        lingerUntil: Timestamp?,
        firstFolder: Identifier<Folder>?,
        isRestoring: Bool,
        completeSync: Int64,
        now: Timestamp
    ) {
        self.id = id
        self.digest = digest
        self.touched = touched
        self.direction = direction
        self.ticket = ticket
        self.isAnswered = isAnswered
        self.isMutedInJunk = isMutedInJunk
        self.isAdopted = isAdopted
        self.isInReach = isInReach
        self.receivedAt = receivedAt
        self.changedSinceAdoption = changedSinceAdoption
        self.personCommand = personCommand
        self.settled = settled
        self.closedNumber = closedNumber
        self.isUnconfirmed = isUnconfirmed
        self.lingerUntil = lingerUntil
        self.firstFolder = firstFolder
        self.isRestoring = isRestoring
        self.completeSync = completeSync
        self.now = now
    }

    /// The case as ``Marks/reconcile(_:)`` decides it.
    package func subject(layout: Layout?, keywords: MarkKeywords, marksReach: Duration) -> MarkSubject {
        MarkSubject(
            message: self.id,
            layout: layout,
            ticket: self.ticket,
            isAnsweredByUs: self.isAnswered,
            isMutedInJunk: self.isMutedInJunk,
            settled: self.settled,
            placements: self.placements(keywords),
            goneObservation: self.goneNumber,
            intent: self.intent,
            belated: self.belated.map {
                BelatedWrite(
                    intent: $0.intent,
                    command: $0.command,
                    place: $0.target.place,
                    marks: keywords.marks($0.flags),
                    isFollowed: $0.isFollowed
                )
            },
            lastClose: self.closedNumber,
            isUnconfirmed: self.isUnconfirmed,
            lastCompleteSync: self.completeSync,
            reach: self.reach(marksReach),
            lingerUntil: self.lingerUntil,
            now: self.now,
            holds: self.holds,
            personCommand: self.personCommand
        )
    }

    /// Its live placements with their flags read as marks.
    package func placements(_ keywords: MarkKeywords) -> [MarkPlacement] {
        self.copies.map { copy in
            MarkPlacement(
                id: Identifier(copy.number),
                formers: copy.formers.map { Identifier($0) },
                folder: copy.folder,
                role: copy.role,
                epoch: copy.epoch,
                uid: copy.uid,
                observation: copy.observed == 0 ? nil : copy.observed,
                // A row is written again only when its flags changed or after a write of ours.
                changedObservation: copy.observed == 0 ? nil : copy.observed,
                flags: keywords.read(copy.flags)
            )
        }
    }

    private func reach(_ marksReach: Duration) -> MarkSubject.Reach {
        if !self.isAdopted || self.isInReach { return .inReach }
        if !self.changedSinceAdoption { return .adoptedUnchanged }
        return self.receivedAt.advanced(by: marksReach) >= self.now ? .inReach : .outOfReach
    }
}
