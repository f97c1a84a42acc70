package import Desk

/// One message with everything that decides about its marks, as the database holds it.
package struct MarkCase: Sendable {
    /// A live placement with its flags as the server spells them.
    package struct Copy: Sendable {
        package let number: Int64
        package let folder: Identifier<Folder>
        package let role: FolderRole
        package let epoch: Int
        package let uid: UInt32
        /// 0: put there by the mark writer, not observed yet.
        package let observed: Int64
        package let flags: [String]
    }

    /// An intent that no answer closed.
    package struct OpenIntent: Sendable {
        package let id: Int64
        package let opened: Int64
        package let target: MarkState
        package let fields: MarkFields
    }

    package let id: Identifier<Message>
    package let digest: [UInt8]
    /// What ``MarkQueries/clear(_:mailbox:_:)`` compares, so that a touch that came meanwhile is kept.
    package let touched: Int64?
    package let direction: Direction
    package let ticket: Ticket?
    package let isAnswered: Bool
    package let isMutedInJunk: Bool
    package let isAdopted: Bool
    package let isInReach: Bool
    package let receivedAt: Timestamp
    package let changedSinceAdoption: Bool
    package let personCommand: Int64?
    package let settled: Settled?
    package let closedNumber: Int64
    package let lingerUntil: Timestamp?
    package let firstFolder: Identifier<Folder>?
    package let completeSync: Int64
    package let now: Timestamp
    package var copies: [Copy] = []
    package var goneNumber: Int64 = 0
    package var intent: OpenIntent?
    package var holds: MarkFields = []
    /// One of its folders is not listed any more: it is held until the folder is back or its mail is found elsewhere.
    package var liesInMissingFolder = false

    /// The case as `Desk` decides it.
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
            intent: self.intent.map {
                MarkIntent(number: $0.opened, target: $0.target, fields: $0.fields, phase: .recovering)
            },
            lastClose: self.closedNumber,
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
