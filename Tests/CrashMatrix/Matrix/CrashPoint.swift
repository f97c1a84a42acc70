package import LocalServers
package import TestSupport

/// One run of a scenario with one fault.
package struct CrashPoint: Sendable, Hashable, CustomStringConvertible {
    /// The scenario's name.
    package let scenario: String
    /// How the mailbox is stored.
    package let format: PrivateDovecot.Format
    /// What goes wrong.
    package let fault: WireFault

    /// Six words: scenario, format, and those of the fault.
    package var description: String { "\(self.scenario) \(self.format.rawValue) \(self.fault)" }

    /// Puts the three together.
    package init(scenario: String, format: PrivateDovecot.Format, fault: WireFault) {
        self.scenario = scenario
        self.format = format
        self.fault = fault
    }

    /// Reads ``description``; nil for anything else.
    package init?(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count == 3, let format = PrivateDovecot.Format(rawValue: words[1]), let fault = WireFault(words[2])
        else { return nil }
        self.init(scenario: words[0], format: format, fault: fault)
    }

    /// The points of a scenario: each message of an undisturbed run with each fault that can happen at it.
    ///
    /// The two formats of mailboxes take turns.
    package static func all(of scenario: Scenario, _ entries: [WireLink: [WireEntry]]) -> [CrashPoint] {
        var points: [CrashPoint] = []
        for link in WireLink.allCases {
            for entry in entries[link] ?? [] {
                for action in self.actions(link, entry)
                where WireFault.applies(action, to: entry, on: link) {
                    let format: PrivateDovecot.Format = points.count.isMultiple(of: 2) ? .maildir : .sdbox
                    let fault = WireFault(link, entry.direction, entry.ordinal, action)
                    points.append(CrashPoint(scenario: scenario.name, format: format, fault: fault))
                }
            }
        }
        return points
    }

    /// What is tried at a message.
    ///
    /// Everything where the message decides something. Elsewhere the ways to lose it lead to the same state on both sides (the
    /// transaction is rolled back, the answer is incomplete), so that one way is tried at each, by turns.
    private static func actions(_ link: WireLink, _ entry: WireEntry) -> [WireFault.Action] {
        func turn(_ actions: WireFault.Action...) -> WireFault.Action { actions[entry.ordinal % actions.count] }
        switch (link, entry.direction) {
        case (.imap, .toServer):
            return [.kill, .forwardThenKill, .cut, .forwardThenCut, .truncate, .stall, .deny]
        case (.imap, .fromServer):
            let lies: [WireFault.Action] = [.answerNo, .answerBad, .drop, .shiftCopyUID, .foreignCopyUID]
            return (entry.isDecisive ? [.kill, turn(.cut, .truncate)] : [turn(.cut, .truncate, .kill)]) + lies
        case (.postgres, .toServer):
            guard entry.isDecisive else { return [turn(.cut, .failSerialization, .failDiskFull, .kill)] }
            return [.kill, .forwardThenKill, .forwardThenCut, turn(.failSerialization, .failDiskFull)]
                + (entry.ordinal.isMultiple(of: 4) ? [.stall] : [])
        case (.postgres, .fromServer):
            return entry.isDecisive || entry.summary.hasPrefix("A ") ? [turn(.truncate, .cut), .drop] : []
        }
    }
}
