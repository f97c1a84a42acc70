import Desk

/// The sentences printed with every report: what was counted, and how.
enum ReportDefinition {
    /// The definition of one report, with its window.
    static func text(of measure: ResponseReport.Measure, _ request: ReportRequest, zone: String) -> String {
        let window = "\(request.from) up to, without, \(request.to)"
        let what =
            switch measure {
            case .firstResponse: self.firstResponse(request)
            case .resolution: self.resolution(request)
            }
        return "\(what) \(self.waiting(measure, request)) Window: \(window), days of \(zone), calendar time. "
            + "Percentiles interpolate between the two nearest values."
    }

    /// What a first response is; also printed by `report explain`.
    static let firstTurn =
        "First response: from the first human message of a contact to the first human answer to one of the ticket's "
        + "contacts. Automatic mail, notes and changes of status neither start nor end it; tickets that we began have none."

    /// What a resolution is; also printed by `report explain`.
    static let interval =
        "Resolution: from the opening or a reopening of a ticket to its close; pending counts as open. An interval that "
        + "ends as spam does not count, nor does a ticket that was first seen closed: when that happened is not known."

    private static func firstResponse(_ request: ReportRequest) -> String {
        let unseen =
            request.includesUnseen
            ? "Turns that only \\Answered ended count as well." : "Turns that only \\Answered ended do not count."
        let agents = request.grouping == .agent ? " By agent means who answered; (presumed) where only presumed." : ""
        return "\(self.firstTurn) A turn counts where its answer came. \(unseen)\(agents)"
    }

    private static func resolution(_ request: ReportRequest) -> String {
        let agents = request.grouping == .agent ? " By agent means who owned the ticket at its close." : ""
        let queues = request.grouping == .queue ? " By queue means the ticket's queue now." : ""
        return "\(self.interval) An interval counts where it closed.\(agents)\(queues)"
    }

    private static func waiting(_ measure: ResponseReport.Measure, _ request: ReportRequest) -> String {
        let what =
            switch measure {
            case .firstResponse: "still_waiting: first turns begun before the window's end and unanswered at as_of"
            case .resolution: "still_waiting: intervals begun before the window's end and not closed at as_of"
            }
        let place: String? =
            switch request.grouping {
            case .day, .week, .month:
                "in the \(request.grouping?.rawValue ?? "") they began, or the window's first if before"
            case .agent: measure == .firstResponse ? "under (none): nobody has answered" : "under the owner now"
            case .queue, .mailbox, nil: nil
            }
        return place.map { "\(what), \($0)." } ?? "\(what)."
    }
}
