package import Desk

/// What to fetch next from one folder: a pure function of what is stored and what the server showed.
///
/// The cursor is (UIDVALIDITY, UIDNEXT, HIGHESTMODSEQ); `\Seen` is never asked. Source: RFC 7162 §6 and
/// RFC 9051 §2.3.1.1; where servers lie, imap-field-notes §2.3 and §2.4.
package enum FolderPlan {
    /// How a server tells what changed since a cursor.
    package enum Tier: Equatable, Sendable {
        /// SELECT names vanished UIDs and changed flags itself.
        case qresync
        /// FETCH CHANGEDSINCE names changed flags; a wrong count betrays what vanished.
        case condstore
        /// All flags are compared each time.
        case plain
    }

    /// What STATUS or SELECT showed; nil and 0 are "not said".
    package struct View: Equatable, Sendable {
        /// UIDVALIDITY; 0: none known.
        package var uidValidity: UInt32
        /// UIDNEXT.
        package var uidNext: UInt32?
        /// HIGHESTMODSEQ.
        package var highestModSeq: UInt64?
        /// EXISTS.
        package var exists: Int

        /// Puts the values together.
        package init(uidValidity: UInt32, uidNext: UInt32?, highestModSeq: UInt64?, exists: Int) {
            self.uidValidity = uidValidity
            self.uidNext = uidNext
            self.highestModSeq = highestModSeq
            self.exists = exists
        }
    }

    /// Where the flags of known messages come from.
    package enum Flags: Equatable, Sendable {
        /// Nothing is known yet, or nothing changed.
        case none
        /// The answer to SELECT (QRESYNC …) had them.
        case selected
        case changedSince(UInt64)
        /// Those of the newest messages, which is where agents work; the others are compared in an interval.
        case newest(ClosedRange<UInt32>)
        case all
    }

    /// Why every UID of a folder is asked for.
    package enum Reason: String, Equatable, Sendable {
        case countDiffers = "the number of messages differs"
        /// VANISHED named mails that are there.
        case vanishedLives = "VANISHED named mails that are there"
        case modSeqWentBack = "HIGHESTMODSEQ went back"
        case uidNextWentBack = "UIDNEXT went back"
        case interval = "the last complete comparison is long ago"
    }

    /// After so long every UID is asked for, whatever the numbers say (threats A27): an expunge need not move
    /// HIGHESTMODSEQ where there is no QRESYNC, and some servers forget to raise it.
    package static func interval(_ tier: Tier) -> Duration {
        switch tier {
        case .qresync: .seconds(86_400)
        case .condstore: .seconds(1800)
        case .plain: .seconds(900)
        }
    }

    /// Up to so many messages a plain server is asked for all flags each time: 55 bytes each.
    package static let comparedWhole = 2000
    /// Beyond, for those of so many UIDs.
    package static let comparedNewest: UInt32 = 500

    /// What to do with a folder that was selected.
    package enum Step: Equatable, Sendable {
        /// Its UIDVALIDITY is not the stored one, or it has none stored: nothing known of it holds any more.
        case beginEpoch(isFirst: Bool)
        /// Nothing changed.
        case nothing
        /// Apply flags from there, then fetch `newUIDs`, if any.
        case delta(Flags, newUIDs: ClosedRange<UInt32>?)
        /// Ask for every UID with its flags.
        case enumerate(Reason)
    }

    /// Whether a folder must be selected at all, by what STATUS said of it.
    package static func needsSelect(_ cursor: FolderCursor, status: View?, tier: Tier) -> Bool {
        guard cursor.isLive, let status, tier != .plain else { return true }
        guard let modSeq = status.highestModSeq, let uidNext = status.uidNext else { return true }
        return status.uidValidity != cursor.uidValidity || uidNext != cursor.uidNext
            || modSeq != cursor.highestModSeq || status.exists != cursor.messages || cursor.highestModSeq == 0
    }

    /// The first step after SELECT; `resynced` when it carried QRESYNC with this cursor, so that its answer names what
    /// changed.
    package static func step(
        _ cursor: FolderCursor,
        selected: View,
        tier: Tier,
        resynced: Bool,
        isFullDue: Bool = false
    ) -> Step {
        guard cursor.uidValidity != 0, cursor.uidValidity == selected.uidValidity else {
            return .beginEpoch(isFirst: cursor.uidValidity == 0)
        }
        if let uidNext = selected.uidNext, uidNext < cursor.uidNext { return .enumerate(.uidNextWentBack) }
        if isFullDue, cursor.isLive { return .enumerate(.interval) }
        let new = self.newUIDs(cursor, selected)
        guard cursor.isLive else { return .delta(cursor.uidNext > 1 ? .all : .none, newUIDs: new) }
        guard tier != .plain, let modSeq = selected.highestModSeq, cursor.highestModSeq > 0 else {
            return .delta(self.compared(cursor), newUIDs: new)
        }
        if modSeq < cursor.highestModSeq { return .enumerate(.modSeqWentBack) }
        if modSeq == cursor.highestModSeq && selected.exists == cursor.messages && new == nil { return .nothing }
        if resynced { return .delta(.selected, newUIDs: new) }
        let flags: Flags = modSeq == cursor.highestModSeq ? .none : .changedSince(cursor.highestModSeq)
        return .delta(flags, newUIDs: new)
    }

    /// After a delta was applied: whether what is live here is what the server counts.
    ///
    /// The guard against a VANISHED that names too much, and against an expunge nobody told of.
    package static func verdict(live: Int, selected: View) -> Reason? {
        live == selected.exists ? nil : .countDiffers
    }

    /// The cursor to commit once everything `selected` showed is committed.
    ///
    /// It never passes what was selected: what came later is for the next pass.
    package static func cursor(after selected: View, highestFetched: UInt32?, former: FolderCursor) -> FolderCursor {
        let past = highestFetched.map { $0 == .max ? $0 : $0 + 1 } ?? 1
        let base = former.uidValidity == selected.uidValidity ? former.uidNext : 1
        return FolderCursor(
            uidValidity: selected.uidValidity,
            uidNext: max(selected.uidNext ?? past, base, past),
            highestModSeq: selected.highestModSeq ?? 0,
            messages: selected.exists,
            isLive: true
        )
    }

    private static func compared(_ cursor: FolderCursor) -> Flags {
        guard cursor.messages > 0, cursor.uidNext > 1 else { return .none }
        guard cursor.messages > self.comparedWhole else { return .all }
        return .newest(max(1, cursor.uidNext - min(cursor.uidNext - 1, self.comparedNewest))...(cursor.uidNext - 1))
    }

    private static func newUIDs(_ cursor: FolderCursor, _ selected: View) -> ClosedRange<UInt32>? {
        guard selected.exists > 0 else { return nil }
        guard let uidNext = selected.uidNext, uidNext > 0 else { return cursor.uidNext...UInt32.max }
        return uidNext > cursor.uidNext ? cursor.uidNext...(uidNext - 1) : nil
    }
}
