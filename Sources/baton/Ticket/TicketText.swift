import Desk
import DeskStore
import Rendering

/// One ticket whole, for people and for programs.
enum TicketText {
    /// The ticket's fields, then notes, mails and history.
    static func text(_ detail: TicketDetail, on terminal: Terminal) -> String {
        let ticket = detail.ticket
        var text = terminal.styled("#\(ticket.number.rawValue) \(SafeText.line(ticket.subject))", .bold) + "\n"
        text += FieldList.text([
            ("status", ticket.status.rawValue + (ticket.priority == .high ? ", high priority" : "")),
            ("owner", ticket.owner ?? "nobody"), ("queue", ticket.queue), ("mailbox", ticket.mailbox),
            ("contact", ticket.contact ?? "–"), ("created", ReadableTime.instant(ticket.createdAt) + " UTC"),
            ("updated", ReadableTime.instant(ticket.updatedAt) + " UTC"),
        ])
        for message in detail.messages { text += "\n" + Self.text(message, on: terminal) }
        for note in detail.notes {
            let heading = "Note of \(note.author ?? "somebody"), \(ReadableTime.instant(note.at)) UTC"
            text += "\n" + terminal.styled(SafeText.line(heading), .yellow) + "\n" + Self.block(note.text)
        }
        let history = HistoryRows.listing(detail.events).text(.table, raw: false, on: terminal)
        return text + "\n" + terminal.styled("History", .bold) + "\n" + history
    }

    private static func text(_ message: TicketMessage, on terminal: Terminal) -> String {
        let arrow = message.direction == .inbound ? "←" : "→"
        var heading = "\(arrow) \(SafeText.line(message.from)), \(ReadableTime.instant(message.receivedAt)) UTC"
        if message.kind != .human { heading += ", \(message.kind.rawValue)" }
        if !message.isVerified { heading += ", claims to be us and is not vouched for" }
        if message.placements.contains(where: \.isInJunk) {
            heading += ", lies in Junk"
        } else if message.wasInJunk {
            heading += ", was found in Junk"
        }
        let places = message.placements.map { placement in
            let flags = placement.flags.isEmpty ? "" : " [\(placement.flags.joined(separator: " "))]"
            return SafeText.line("\(placement.folder)\(flags)")
        }
        let shownPlaces = places.isEmpty ? "no longer on the server" : places.joined(separator: ", ")
        var text = terminal.styled(heading, message.direction == .inbound ? .green : .bold) + "\n"
        text += terminal.styled("  in \(shownPlaces)", .dim) + "\n"
        text += Self.block(message.text)
        if message.isTextCut { text += terminal.styled("  (the text goes on in the mail)", .dim) + "\n" }
        return text
    }

    /// Text of strangers, indented, so that it cannot pass for a line of ours.
    private static func block(_ text: String) -> String {
        let lines = SafeText.block(text).split(separator: "\n", omittingEmptySubsequences: false)
        let first = lines.firstIndex { !$0.allSatisfy(\.isWhitespace) } ?? lines.endIndex
        let last = lines.lastIndex { !$0.allSatisfy(\.isWhitespace) } ?? first
        guard first < lines.endIndex else { return "  (no text)\n" }
        return lines[first...last].map { $0.isEmpty ? "\n" : "  \($0)\n" }.joined()
    }

    /// The same members as in a listing, then messages, events and notes.
    static func json(_ detail: TicketDetail) -> JSONText {
        .object(
            TicketRows.members(detail.ticket) + [
                .init(name: "messages", value: .array(detail.messages.map { Self.json($0) })),
                .init(
                    name: "events",
                    value: .array(
                        detail.events.map { Listing.object(HistoryRows.columns, HistoryRows.row($0)) }
                    )
                ),
                .init(
                    name: "notes",
                    value: .array(
                        detail.notes.map { note in
                            .object([
                                .init(name: "at", value: .string(note.at.iso8601)),
                                .init(name: "author", value: .optional(note.author)),
                                .init(name: "text", value: .string(note.text)),
                            ])
                        }
                    )
                ),
            ]
        )
    }

    private static func json(_ message: TicketMessage) -> JSONText {
        .object([
            .init(name: "message_id", value: .optional(message.messageID)),
            .init(name: "direction", value: .string(message.direction.rawValue)),
            .init(name: "kind", value: .string(message.kind.rawValue)),
            .init(name: "from", value: .string(message.from)),
            .init(name: "subject", value: .string(message.subject)),
            .init(name: "received_at", value: .string(message.receivedAt.iso8601)),
            .init(name: "text", value: .string(message.text)),
            .init(
                name: "placements",
                value: .array(
                    message.placements.map { placement in
                        .object([
                            .init(name: "folder", value: .string(placement.folder)),
                            .init(name: "uid", value: .integer(placement.uid)),
                            .init(name: "flags", value: .strings(placement.flags)),
                        ])
                    }
                )
            ),
        ])
    }
}
