/// A report that cannot be made as it was asked for.
///
/// Each is a matter of the request: the same one fails again. What the database refuses is a `StoreError` instead.
package struct ReportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What cannot be had.
    package enum Reason: Equatable, Sendable {
        /// A day that is not written `2026-01-31`, or that no calendar has.
        case badDay(String)
        /// A window that ends on or before the day it begins.
        case emptyWindow(from: String, to: String)
        /// A time zone the database does not know, and the nearest name that it does.
        case unknownZone(String, suggestion: String?)
        /// A queue that does not exist, and the nearest name that does.
        case unknownQueue(String, suggestion: String?)
        /// A mailbox that does not exist, and the nearest name that does.
        case unknownMailbox(String, suggestion: String?)
        /// No ticket has this number.
        case unknownTicket(Int64)
        /// Working time was asked for, and this queue (nil: none at all) has no working hours.
        case noWorkingHours(queue: String?)
    }

    /// What cannot be had.
    package let reason: Reason

    /// An error of this reason.
    package init(_ reason: Reason) {
        self.reason = reason
    }

    /// Never: the same request fails again.
    package var isTransient: Bool { false }

    /// What is wrong, without a full stop.
    package var problem: String {
        switch self.reason {
        case .badDay(let text): "'\(text)' is not a day"
        case .emptyWindow(let from, let to): "no day lies between \(from) and \(to)"
        case .unknownZone(let name, _): "there is no time zone '\(name)'"
        case .unknownQueue(let name, _): "there is no queue '\(name)'"
        case .unknownMailbox(let name, _): "there is no mailbox '\(name)'"
        case .unknownTicket(let number): "there is no ticket \(number)"
        case .noWorkingHours(let queue?): "queue '\(queue)' has no working hours"
        case .noWorkingHours(nil): "no queue has working hours"
        }
    }

    /// What to do about it: a sentence.
    package var advice: String {
        switch self.reason {
        case .badDay: "Write days as 2026-01-31."
        case .emptyWindow: "The day of --to is no longer part of the window: name the day after the last one."
        case .unknownZone(_, let suggestion):
            Self.ask(suggestion, else: "Use a name such as UTC or Europe/Berlin.")
        case .unknownQueue(_, let suggestion):
            Self.ask(suggestion, else: "`baton queue list` names them.")
        case .unknownMailbox(_, let suggestion):
            Self.ask(suggestion, else: "`baton mailbox list` names them.")
        case .unknownTicket: "`baton ticket list` names them."
        case .noWorkingHours: "Use --hours calendar."
        }
    }

    /// What is wrong and what to do, in one line.
    package var description: String { "\(self.problem). \(self.advice)" }

    private static func ask(_ suggestion: String?, else advice: String) -> String {
        suggestion.map { "Did you mean \($0)?" } ?? advice
    }
}
