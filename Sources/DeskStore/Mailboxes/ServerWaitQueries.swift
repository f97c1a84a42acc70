package import Desk
import Postgres

/// Statements on how a mailbox's server wants to be treated: pauses it asked for, and log-ins it refused.
package enum ServerWaitQueries {
    /// Every statement here.
    static let all: [SQL] = [link, wait, waited, claim, giveBack, refused, accepted]

    /// Binds `$1` mailbox.
    ///
    /// One row: what ``ServerLink`` holds, and PostgreSQL's time now.
    static let link = SQL(
        name: "mailbox.link",
        text: "SELECT now(), \(ServerLink.columns) FROM mailbox m WHERE m.id = $1"
    )

    /// Binds `$1` mailbox, `$2` for how many seconds nobody shall connect, `$3` why, for people.
    ///
    /// A longer pause that was asked for before stays.
    static let wait = SQL(
        name: "mailbox.wait",
        text: """
            UPDATE mailbox SET waits_until = now() + $2::double precision * interval '1 second', waits_because = $3
            WHERE id = $1
              AND (waits_until IS NULL OR waits_until < now() + $2::double precision * interval '1 second')
            """
    )

    /// Binds `$1` mailbox.
    ///
    /// The server serves again. Rows changed: 1 or none.
    static let waited = SQL(
        name: "mailbox.waited",
        text: """
            UPDATE mailbox SET waits_until = NULL, waits_because = NULL WHERE id = $1 AND waits_until IS NOT NULL
            """
    )

    /// Binds `$1` mailbox, `$2` how many refusals in a row are too many.
    ///
    /// Counts a try as refused before it is made, where one was refused before: of several processes that try at once no more get
    /// through than tries are left. Rows changed: 1, or none where none is left.
    static let claim = SQL(
        name: "mailbox.log_in_claim",
        text: """
            UPDATE mailbox SET log_in_refusals = log_in_refusals + 1, log_in_refused_at = now()
            WHERE id = $1 AND log_in_refusals > 0 AND log_in_refusals < $2::int
            """
    )

    /// Binds `$1` mailbox.
    ///
    /// A claimed try did not come to a log-in. Rows changed: 1 or none.
    static let giveBack = SQL(
        name: "mailbox.log_in_give_back",
        text: "UPDATE mailbox SET log_in_refusals = log_in_refusals - 1 WHERE id = $1 AND log_in_refusals > 1"
    )

    /// Binds `$1` mailbox.
    ///
    /// One row: how many log-ins were refused in a row, this one included.
    static let refused = SQL(
        name: "mailbox.log_in_refused",
        text: """
            UPDATE mailbox SET log_in_refusals = log_in_refusals + 1, log_in_refused_at = now() WHERE id = $1
            RETURNING log_in_refusals::bigint
            """
    )

    /// Binds `$1` mailbox.
    ///
    /// A log-in was accepted, or a person changed how to log in. Rows changed: 1, or none where none was refused.
    static let accepted = SQL(
        name: "mailbox.log_in_accepted",
        text: """
            UPDATE mailbox SET log_in_refusals = 0, log_in_refused_at = NULL WHERE id = $1 AND log_in_refusals > 0
            """
    )

    /// How the mailbox's server wants to be treated, and PostgreSQL's time; nil where the mailbox is gone.
    ///
    /// Throws ``StoreError``.
    package static func link(_ unit: Unit, _ mailbox: Identifier<Mailbox>) throws -> (link: ServerLink, now: Timestamp)?
    {
        for row in try unit.transaction.query(self.link, mailbox.rawValue) {
            return (try ServerLink(row, from: 1), try row.decode(0, as: Timestamp.self))
        }
        return nil
    }

    /// Keeps everybody from connecting to the mailbox's server for a while.
    ///
    /// Throws ``StoreError``.
    package static func wait(
        _ unit: Unit,
        _ mailbox: Identifier<Mailbox>,
        for duration: Duration,
        because reason: String
    ) throws {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        try unit.transaction.queue(self.wait, mailbox.rawValue, seconds, reason)
    }

    /// The mailbox's server serves again.
    ///
    /// Throws ``StoreError``.
    package static func waited(_ unit: Unit, _ mailbox: Identifier<Mailbox>) throws {
        try unit.transaction.queue(self.waited, mailbox.rawValue)
    }

    /// Takes one of the tries that are left after a refusal; false where none is left, `most` refusals in a row being too many.
    ///
    /// Throws ``StoreError``.
    package static func claimLogIn(_ unit: Unit, _ mailbox: Identifier<Mailbox>, most: Int) throws -> Bool {
        try unit.transaction.execute(self.claim, mailbox.rawValue, Int64(most)) > 0
    }

    /// Gives back a try that did not come to a log-in.
    ///
    /// Throws ``StoreError``.
    package static func giveBackLogIn(_ unit: Unit, _ mailbox: Identifier<Mailbox>) throws {
        try unit.transaction.queue(self.giveBack, mailbox.rawValue)
    }

    /// Counts a refused log-in; how many there were in a row.
    ///
    /// Throws ``StoreError``.
    package static func logInRefused(_ unit: Unit, _ mailbox: Identifier<Mailbox>) throws -> Int {
        for row in try unit.transaction.query(self.refused, mailbox.rawValue) {
            return Int(try row.decode(0, as: Int64.self))
        }
        throw StoreError.missingRow(self.refused.name)
    }

    /// Forgets refused log-ins.
    ///
    /// Throws ``StoreError``.
    package static func logInAccepted(_ unit: Unit, _ mailbox: Identifier<Mailbox>) throws {
        try unit.transaction.queue(self.accepted, mailbox.rawValue)
    }
}
