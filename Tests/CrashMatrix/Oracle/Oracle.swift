/// Judges from outside whether server and database tell one story.
///
/// What it says is a list of differences, one line each; none means that all is well. It knows the rules of the product, and
/// nothing of how the program keeps them.
package enum Oracle {
    /// Lines of differences at most of one kind.
    private static let shown = 20

    /// Everything that holds for any mailbox at rest: nothing lost, nothing twice, nothing invented.
    package static func differences(_ server: ServerPicture, _ ledger: LedgerPicture) -> [String] {
        [
            self.placements(server, ledger), self.messages(server, ledger), self.tickets(ledger), self.turns(ledger),
        ].flatMap { $0.prefix(self.shown) }
    }

    /// Whether the program watches a folder of this name, with the default names of folders.
    static func isWatched(_ folder: String) -> Bool {
        ["INBOX", "Closed", "Archive", "Junk", "Sent", "Trash"].contains(folder) || folder.hasPrefix("Agents/")
    }

    private struct Key: Hashable {
        let folder: String
        let uidValidity: UInt32
        let uid: UInt32
    }

    /// Every UID of a watched folder has one row with its bytes and its flags, and no row is without its mail.
    private static func placements(_ server: ServerPicture, _ ledger: LedgerPicture) -> [String] {
        var differences: [String] = []
        var rows: [Key: LedgerPicture.Placement] = [:]
        for row in ledger.placements where !row.gone {
            let key = Key(folder: row.folder, uidValidity: row.uidvalidity, uid: row.uid)
            if rows.updateValue(row, forKey: key) != nil { differences.append("\(row.folder) \(row.uid): two rows") }
        }
        for (name, folder) in server.folders.sorted(by: { $0.key < $1.key }) where self.isWatched(name) {
            for (uid, mail) in folder.mails.sorted(by: { $0.key < $1.key }) {
                let key = Key(folder: name, uidValidity: folder.uidValidity, uid: uid)
                guard let row = rows.removeValue(forKey: key) else {
                    let old = ledger.placements.contains {
                        $0.folder == name && $0.uidvalidity == folder.uidValidity && $0.uid == uid
                    }
                    differences.append("\(name) \(uid) (\(mail.subject)): \(old ? "gone in" : "not in") the ledger")
                    continue
                }
                if row.digest != mail.digest { differences.append("\(name) \(uid): other bytes than the ledger") }
                if row.fate == "fetched" { differences.append("\(name) \(uid): not filed") }
                if self.folded(row.flags) != self.folded(mail.flags) {
                    differences.append("\(name) \(uid): has \(mail.flags), the ledger \(row.flags)")
                }
            }
        }
        for key in rows.keys.sorted(by: { ($0.folder, $0.uid) < ($1.folder, $1.uid) }) {
            differences.append("\(key.folder) \(key.uid) of \(key.uidValidity): in the ledger, not on the server")
        }
        return differences
    }

    private static func folded(_ flags: [String]) -> Set<String> {
        Set(flags.map { $0.lowercased() }).subtracting(["\\recent"])
    }

    /// No mail is stored twice, and each that is a ticket's has one.
    private static func messages(_ server: ServerPicture, _ ledger: LedgerPicture) -> [String] {
        var differences: [String] = []
        var known: Set<String> = []
        for message in ledger.messages {
            if !known.insert(message.digest).inserted {
                differences.append("\(message.subject): stored twice")
            }
            if message.ticket == nil, !["ignored", "muted"].contains(message.fate) {
                differences.append("\(message.subject): \(message.fate), on no ticket")
            }
        }
        for row in ledger.placements where ["ticket", "reply", "duplicate", "muted"].contains(row.fate) {
            guard let digest = row.digest, !known.contains(digest) else { continue }
            differences.append("\(row.folder) \(row.uid): \(row.fate), but no message has its bytes")
        }
        return differences
    }

    /// Ticket numbers are used once, versions count events, and each message came in by one event.
    private static func tickets(_ ledger: LedgerPicture) -> [String] {
        var differences: [String] = []
        let numbers = Set(ledger.tickets.map(\.number))
        if numbers.count != ledger.tickets.count { differences.append("a ticket number is used twice") }
        let events = Dictionary(grouping: ledger.events, by: \.ticket)
        let inbound = Dictionary(grouping: ledger.messages.filter { $0.direction == "inbound" }, by: \.ticket)
        for ticket in ledger.tickets {
            let own = events[ticket.number] ?? []
            if own.map(\.seq) != Array(1...max(1, own.count)) || own.count != ticket.version {
                differences.append("#\(ticket.number): version \(ticket.version), events \(own.map(\.seq))")
            }
            if own.filter({ $0.kind == "opened" }).count != 1 {
                differences.append("#\(ticket.number): opened \(own.filter { $0.kind == "opened" }.count) times")
            }
            let came = own.filter { $0.kind == "message_in" }.count
            let stored = inbound[ticket.number]?.count ?? 0
            if came != stored { differences.append("#\(ticket.number): \(stored) mails came in by \(came) events") }
        }
        return differences
    }

    /// A ticket waits at most once, and turns are numbered without a gap.
    private static func turns(_ ledger: LedgerPicture) -> [String] {
        Dictionary(grouping: ledger.turns, by: \.ticket).sorted { $0.key < $1.key }.flatMap { ticket, turns in
            var differences: [String] = []
            if turns.filter({ $0.outcome == "waiting" }).count > 1 { differences.append("#\(ticket) waits twice") }
            let ordinals = turns.map(\.ordinal)
            if let first = ordinals.first, ordinals != Array(first..<(first + ordinals.count)) {
                differences.append("#\(ticket): turns \(ordinals)")
            }
            return differences
        }
    }
}
