/// What the layout `both` has to show of each ticket, worked out from `ticket_v` by the table of the product's description.
enum ShownMarks {
    /// Mails that show something else than their ticket.
    ///
    /// A mail with several copies shows it in one of them. A mail in Junk may be muted there alone, which no view tells.
    static func differences(_ server: ServerPicture, _ ledger: LedgerPicture) -> [String] {
        let tickets = Dictionary(uniqueKeysWithValues: ledger.tickets.map { ($0.number, $0) })
        let owner = Dictionary(
            ledger.messages.compactMap { message in message.ticket.map { (message.digest, $0) } },
            uniquingKeysWith: { first, _ in first }
        )
        var shown: [String: [Shown]] = [:]
        for (name, folder) in server.folders where Oracle.isWatched(name) && !["Sent", "Trash"].contains(name) {
            for mail in folder.mails.values where !mail.flags.contains("\\Deleted") {
                shown[mail.digest, default: []].append(Shown(folder: name, flags: mail.flags))
            }
        }
        return shown.sorted { $0.key < $1.key }.compactMap { digest, places in
            guard let number = owner[digest], let ticket = tickets[number] else { return nil }
            let wanted = self.wanted(ticket)
            if places.contains(wanted) { return nil }
            if ticket.status != "spam", places.contains(where: { $0.folder == "Junk" }) { return nil }
            return
                "#\(number) \(ticket.subject) is \(ticket.owner ?? "-") \(ticket.status) \(ticket.priority): \(places.map(\.text))"
        }
    }

    /// A place with the flags that are marks.
    private struct Shown: Equatable {
        let folder: String
        let marks: Set<String>

        var text: String { ([self.folder] + self.marks.sorted()).joined(separator: " ") }

        init(folder: String, flags: [String]) {
            self.folder = folder
            self.marks = Set(flags.map { $0.lowercased() }).filter {
                $0.hasPrefix("owner-") || $0 == "status-pending" || $0 == "\\flagged"
            }
        }
    }

    private static func wanted(_ ticket: LedgerPicture.Ticket) -> Shown {
        let folder =
            switch ticket.status {
            case "spam": "Junk"
            case "closed": "Closed"
            default: ticket.owner.map { "Agents/\($0)" } ?? "INBOX"
            }
        var marks: [String] = []
        if let owner = ticket.owner, ticket.status != "spam" { marks.append("owner-\(owner)") }
        if ticket.status == "pending" { marks.append("status-pending") }
        if ticket.priority == "high" { marks.append("\\Flagged") }
        return Shown(folder: folder, flags: marks)
    }
}
