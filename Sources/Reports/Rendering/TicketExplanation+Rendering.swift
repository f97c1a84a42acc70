import Desk
import DeskStore
import Rendering

extension TicketExplanation {
    /// The definitions of what is counted.
    package var definition: String { "\(ReportDefinition.firstTurn) \(ReportDefinition.interval)" }

    /// Everything, with instants in UTC and lengths in seconds.
    package var json: String {
        JSONText.object([
            "ticket": .integer(self.ticket.rawValue),
            "mailbox": .string(self.state.mailbox),
            "queue": .optional(self.state.queue),
            "status": .string(self.state.status),
            "definition": .string(self.definition),
            "hours": .string(ReportRequest.Hours.calendar.rawValue),
            "as_of": .string(self.state.asOf.iso8601),
            "turns": .array(self.turns.map(\.json)),
            "resolution": .array(self.intervals.map(\.json)),
            "not_counted": .array(self.bystanders.map(\.json)),
        ])
        .indented + "\n"
    }

    /// One line for each turn, interval and other event.
    package var csv: String {
        let titles = ["what", "started_at", "ended_at", "seconds", "outcome", "agent", "counted", "why"]
        let turns = self.turns.map { turn in
            [
                "turn", turn.row.startedAt.iso8601, turn.row.endedAt?.iso8601 ?? "",
                turn.seconds.map(secondsText) ?? "", turn.row.outcome, turn.agent ?? "",
                turn.isCounted ? "true" : "false", turn.why,
            ]
        }
        let intervals = self.intervals.map { interval in
            [
                "resolution", interval.row.beganAt.iso8601, interval.row.endedAt?.iso8601 ?? "",
                interval.seconds.map(secondsText) ?? "", interval.row.endedAs ?? "open", interval.row.owner ?? "",
                interval.isCounted ? "true" : "false", interval.why,
            ]
        }
        let others = self.bystanders.map { other in
            [other.event.kind, other.event.at.iso8601, "", "", "", other.event.actor, "false", other.why]
        }
        return csvText([titles] + turns + intervals + others)
    }

    /// For people: turns, intervals, what was not counted, and the definitions.
    package var table: String {
        let place = self.state.queue.map { "queue \($0)" } ?? "no queue"
        var text = "Ticket \(self.ticket.rawValue), mailbox \(self.state.mailbox), \(place), \(self.state.status)\n\n"
        text += "Turns: who waited for us\n"
        text += Self.table(
            of: "responder",
            self.turns.map { turn in
                [
                    turn.row.startedAt.iso8601, turn.row.endedAt?.iso8601 ?? "-", readable(turn.seconds),
                    turn.row.outcome,
                    turn.agent ?? "-", turn.isCounted ? "yes" : "no", turn.why,
                ]
            }
        )
        text += "\nResolution: how long it was open\n"
        text += Self.table(
            of: "owner",
            self.intervals.map { interval in
                [
                    interval.row.beganAt.iso8601, interval.row.endedAt?.iso8601 ?? "-", readable(interval.seconds),
                    interval.row.endedAs ?? "open", interval.row.owner ?? "-", interval.isCounted ? "yes" : "no",
                    interval.why,
                ]
            }
        )
        if !self.bystanders.isEmpty {
            text += "\nWhat started and ended no wait\n"
            text +=
                PlainTable(
                    columns: [("at", .left), ("what", .left), ("why", .left)],
                    rows: self.bystanders.map { [$0.event.at.iso8601, $0.event.kind, $0.why] }
                )
                .text
        }
        return text + "\n" + wrapped("\(self.definition) Calendar time. As of \(self.state.asOf.iso8601).")
    }

    private static func table(of person: String, _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "none\n" }
        let columns: [(title: String, side: PlainTable.Side)] = [
            ("started", .left), ("ended", .left), ("length", .right), ("outcome", .left), (person, .left),
            ("counted", .left), ("why", .left),
        ]
        return PlainTable(columns: columns, rows: rows).text
    }
}

extension TicketExplanation.Turn {
    /// The responder's handle as in a report by agent.
    var agent: String? {
        self.row.responder.map { self.row.isPresumed ? "\($0) (presumed)" : $0 }
    }

    /// From start to end; nil while it waits.
    var seconds: Double? { self.row.endedAt.map { length(from: self.row.startedAt, to: $0) } }

    var json: JSONText {
        .object([
            "ordinal": .integer(Int64(self.row.ordinal)),
            "started_at": .string(self.row.startedAt.iso8601),
            "ended_at": .optional(self.row.endedAt?.iso8601),
            "seconds": .seconds(self.seconds),
            "outcome": .string(self.row.outcome),
            "responder": .optional(self.row.responder),
            "presumed": .bool(self.row.isPresumed),
            "first": .bool(self.row.isFirst),
            "counted": .bool(self.isCounted),
            "why": .string(self.why),
        ])
    }
}

extension TicketExplanation.Interval {
    /// From start to end; nil while it is open.
    var seconds: Double? { self.row.endedAt.map { length(from: self.row.beganAt, to: $0) } }

    var json: JSONText {
        .object([
            "started_at": .string(self.row.beganAt.iso8601),
            "ended_at": .optional(self.row.endedAt?.iso8601),
            "seconds": .seconds(self.seconds),
            "ended_as": .optional(self.row.endedAs),
            "owner": .optional(self.row.owner),
            "counted": .bool(self.isCounted),
            "why": .string(self.why),
        ])
    }
}

extension TicketExplanation.Bystander {
    var json: JSONText {
        .object([
            "at": .string(self.event.at.iso8601),
            "kind": .string(self.event.kind),
            "actor": .string(self.event.actor),
            "why": .string(self.why),
        ])
    }
}

/// Seconds between two instants, never negative.
private func length(from start: Timestamp, to end: Timestamp) -> Double {
    Double(max(0, end.microseconds - start.microseconds)) / 1_000_000
}
