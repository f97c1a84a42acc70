package import Desk
package import DeskStore

/// How long people waited: the figures of one window, with the definition they were made by.
///
/// Seconds are exact to the microsecond. Percentiles are those of PostgreSQL's `percentile_cont`: between the two
/// nearest values they interpolate linearly.
package struct ResponseReport: Equatable, Sendable {
    /// What is measured.
    package enum Measure: String, Sendable, CaseIterable {
        /// From the first message to the first answer.
        case firstResponse = "first-response"
        /// From the (re)opening to the close.
        case resolution
    }

    /// What is measured.
    package let measure: Measure
    /// What exactly was counted, and when.
    package let definition: String
    /// Which time counts.
    package let hours: ReportRequest.Hours
    /// The database's time of the one statement that all figures are from.
    package let asOf: Timestamp
    /// One row per group, in order of name.
    package let rows: [ReportQueries.Row]
    /// Turns of the window that only `\Answered` ended, and that were not counted.
    package let unseen: Int

    /// Makes the report.
    ///
    /// - Throws: ``ReportError`` for a zone, mailbox or queue that is not there; `StoreError` when the database fails.
    package static func make(
        _ measure: Measure,
        _ request: ReportRequest,
        from database: DeskDatabase
    ) async throws -> ResponseReport {
        let outcome = try await database.unit { unit in try Self.make(measure, request, unit) }
        return try outcome.get()
    }

    private static func make(
        _ measure: Measure,
        _ request: ReportRequest,
        _ unit: Unit
    ) throws -> Result<ResponseReport, ReportError> {
        let names = ReportNames(
            mailboxes: request.mailbox == nil ? [] : try ReportQueries.mailboxes(unit),
            queues: request.queue == nil && request.hours == .calendar ? [] : try ReportQueries.queues(unit)
        )
        let zone = request.zone == "UTC" ? "UTC" : try ReportQueries.zone(unit, named: request.zone)
        guard let zone else {
            let known = try ReportQueries.zones(unit)
            let suggestion = Suggestion.nearest(to: request.zone, among: known)
            return .failure(ReportError(.unknownZone(request.zone, suggestion: suggestion)))
        }
        let scope: ReportQueries.Scope
        do {
            scope = try names.scope(of: request, zone: zone)
        } catch {
            return .failure(error)
        }
        let answer =
            switch measure {
            case .firstResponse:
                try ReportQueries.firstResponses(unit, scope, includingUnseen: request.includesUnseen)
            case .resolution: try ReportQueries.resolutions(unit, scope)
            }
        return .success(ResponseReport(measure, request, zone: zone, answer))
    }

    /// A report of these figures; without a grouping there is always the one row `all`.
    init(_ measure: Measure, _ request: ReportRequest, zone: String, _ answer: ReportQueries.Answer) {
        let nothing = ReportQueries.Row(
            group: "all",
            count: 0,
            p50: nil,
            p90: nil,
            p95: nil,
            longest: nil,
            stillWaiting: 0
        )
        self.measure = measure
        self.definition = ReportDefinition.text(of: measure, request, zone: zone)
        self.hours = request.hours
        self.asOf = answer.asOf
        self.rows = request.grouping == nil && answer.rows.isEmpty ? [nothing] : answer.rows
        self.unseen = answer.unseen
    }
}
