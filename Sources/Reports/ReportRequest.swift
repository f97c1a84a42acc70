package import Desk
import DeskStore

/// What a response-time report shall be about, in the words of the command line.
package struct ReportRequest: Equatable, Sendable {
    /// Which time counts.
    package enum Hours: String, Sendable, CaseIterable {
        /// Every hour of every day.
        case calendar
        /// The hours in which the queue is staffed.
        case working
    }

    /// What the rows stand for.
    package enum Grouping: String, Sendable, CaseIterable {
        /// One row per queue.
        case queue
        /// One row per agent.
        case agent
        /// One row per mailbox.
        case mailbox
        /// One row per day.
        case day
        /// One row per ISO week.
        case week
        /// One row per month.
        case month
    }

    /// The first day of the window.
    package let from: CivilDate
    /// The day after its last.
    package let to: CivilDate
    /// What the rows stand for; nil is one row, `all`.
    package var grouping: Grouping?
    /// Which time counts.
    package var hours: Hours = .calendar
    /// The zone whose midnights the days begin at, as the user wrote it.
    package var zone = "UTC"
    /// Only the mailbox of this name.
    package var mailbox: String?
    /// Only the queue of this name.
    package var queue: String?
    /// Whether a turn that `\Answered` alone has ended counts as answered.
    package var includesUnseen = false

    /// A request about the days from `from` up to, and without, `to`.
    ///
    /// - Throws: ``ReportError`` with ``ReportError/Reason/badDay(_:)`` or ``ReportError/Reason/emptyWindow(from:to:)``.
    package init(from: String, to: String) throws(ReportError) {
        self.from = try Self.day(from)
        self.to = try Self.day(to)
        guard self.from < self.to else { throw ReportError(.emptyWindow(from: from, to: to)) }
    }

    /// A day written `2026-01-31`.
    package static func day(_ text: String) throws(ReportError) -> CivilDate {
        let fields = text.split(separator: "-", omittingEmptySubsequences: false)
        let isShaped =
            fields.map(\.utf8.count) == [4, 2, 2]
            && fields.allSatisfy { $0.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }
        guard isShaped, let year = Int(fields[0]), let month = Int(fields[1]), let day = Int(fields[2]), year > 0,
            let date = CivilDate(year: year, month: month, day: day)
        else { throw ReportError(.badDay(text)) }
        return date
    }

    /// The days and names as the statements take them; `zone` and the ids must be known already.
    func scope(
        zone: String,
        mailbox: Identifier<Mailbox>?,
        queue: Identifier<Queue>?
    ) -> ReportQueries.Scope {
        ReportQueries.Scope(
            from: self.from.description,
            to: self.to.description,
            zone: zone,
            grouping: self.grouping.flatMap { ReportQueries.Grouping(rawValue: $0.rawValue) } ?? .all,
            mailbox: mailbox,
            queue: queue
        )
    }
}
