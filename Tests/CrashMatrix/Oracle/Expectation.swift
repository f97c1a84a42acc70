/// How a scenario must end, whatever went wrong on the way.
package struct Expectation: Sendable {
    /// One ticket by its subject.
    package struct Ticket: Sendable {
        /// Owner or `-`, status and priority: `ann open normal`.
        package let state: String
        /// What happened to it, without its opening and its mails: kind, origin and agent or `-`.
        package let history: [String]
        /// The outcomes of its turns.
        package let turns: [String]
        /// Where its mails lie, with all their flags.
        package let places: [String]

        /// Says how a ticket must look.
        package init(_ state: String, history: [String] = [], turns: [String] = ["waiting"], places: [String]) {
            self.state = state
            self.history = history
            self.turns = turns
            self.places = places
        }
    }

    /// All tickets there are, by subject.
    package let tickets: [String: Ticket]

    /// Says how everything must look.
    package init(_ tickets: [String: Ticket]) {
        self.tickets = tickets
    }

    /// What is not as it must be.
    ///
    /// `allowsHeldMarks` is for a server that refused what it should have done: then marks may wait.
    package func differences(
        _ server: ServerPicture,
        _ ledger: LedgerPicture,
        allowsHeldMarks: Bool = false
    ) -> [String] {
        var differences: [String] = []
        let numbers = ledger.tickets.map(\.number)
        if numbers != Array(1..<(numbers.count + 1)) { differences.append("ticket numbers have gaps: \(numbers)") }
        for subject in Set(ledger.tickets.map(\.subject)).union(self.tickets.keys).sorted() {
            let found = ledger.tickets.filter { $0.subject == subject }
            guard found.count == 1, let ticket = found.first, let expected = self.tickets[subject] else {
                differences.append(
                    "\(found.count) tickets \(subject), \(self.tickets[subject] == nil ? 0 : 1) expected"
                )
                continue
            }
            self.compare(subject, "state", "\(ticket.owner ?? "-") \(ticket.status) \(ticket.priority)", expected.state)
                .map { differences.append($0) }
            let history = ledger.events.filter {
                $0.ticket == ticket.number && !["opened", "message_in"].contains($0.kind)
            }
            self.compare(
                subject,
                "history",
                history.map { "\($0.kind) \($0.origin) \($0.agent ?? "-")" },
                expected.history
            ).map { differences.append($0) }
            let turns = ledger.turns.filter { $0.ticket == ticket.number }.map(\.outcome)
            self.compare(subject, "turns", turns, expected.turns).map { differences.append($0) }
        }
        let places = server.places
        for subject in Set(places.keys).union(self.tickets.keys).sorted() where !allowsHeldMarks {
            self.compare(subject, "places", places[subject] ?? [], self.tickets[subject]?.places ?? [])
                .map { differences.append($0) }
        }
        return differences
    }

    private func compare<Value: Equatable>(
        _ subject: String,
        _ what: String,
        _ found: Value,
        _ expected: Value
    ) -> String? {
        found == expected ? nil : "\(subject): \(what) \(found), expected \(expected)"
    }
}
