/// Pieces that both reports' statements are made of.
extension ReportQueries {
    /// The window's first moment: midnight of the report's zone, whatever the session's own zone is.
    static let since = "($1::text::date::timestamp AT TIME ZONE $3::text)"
    /// The first moment after the window.
    static let until = "($2::text::date::timestamp AT TIME ZONE $3::text)"
    /// The bigint that stands for nobody, or no queue; ids begin at 1.
    static let none = "0"

    static func filter(_ mailbox: String?, _ queue: String?) -> String {
        let mailboxes = mailbox.map { "($5::bigint IS NULL OR \($0) = $5::bigint)" }
        let queues = queue.map { "($6::bigint IS NULL OR \($0) = $6::bigint)" }
        return [mailboxes, queues].compactMap(\.self).joined(separator: " AND ")
    }

    /// A number to group by: sorting numbers is much cheaper than sorting names.
    ///
    /// Days count from 2000-01-01; an agent's number is twice the id, plus one where only presumed.
    static func key(_ moment: String, mailbox: String, queue: String, agent: String) -> String {
        let local = "\(moment) AT TIME ZONE $3::text"
        return """
            CASE $4::text
                WHEN 'all' THEN \(self.none)
                WHEN 'queue' THEN coalesce(\(queue), \(self.none))
                WHEN 'agent' THEN \(agent)
                WHEN 'mailbox' THEN \(mailbox)
                ELSE (date_trunc($4::text, \(local))::date - DATE '2000-01-01')::bigint
            END
            """
    }

    static func turnKey(_ moment: String) -> String {
        self.key(
            moment,
            mailbox: "t.mailbox_id",
            queue: "t.queue_id",
            agent: "coalesce(t.responder_id * 2 + t.presumed::int, \(self.none))"
        )
    }

    static func intervalKey(_ moment: String) -> String {
        self.key(
            moment,
            mailbox: "s.mailbox_id",
            queue: "s.queue_id",
            agent: "coalesce(s.owner_id * 2, \(self.none))"
        )
    }

    /// The end of both reports: joins `counted` and `waiting` by key and names the groups.
    static func labelled(_ unseen: String) -> String {
        """
        , merged AS (
            SELECT coalesce(c.key, w.key) AS key, coalesce(c.n, 0) AS n, c.p, c.longest, coalesce(w.n, 0) AS still_waiting
            FROM counted c
            FULL JOIN waiting w ON w.key = c.key
        ), named AS (
            SELECT CASE $4::text
                       WHEN 'all' THEN 'all'
                       WHEN 'queue' THEN coalesce((SELECT q.name FROM queue q WHERE q.id = m.key), '(none)')
                       WHEN 'agent' THEN coalesce(
                           (SELECT a.handle || CASE WHEN m.key % 2 = 1 THEN ' (presumed)' ELSE '' END
                            FROM agent a WHERE a.id = m.key / 2),
                           '(none)'
                       )
                       WHEN 'mailbox' THEN coalesce((SELECT b.name FROM mailbox b WHERE b.id = m.key), '(none)')
                       WHEN 'day' THEN to_char(DATE '2000-01-01' + m.key::int, 'YYYY-MM-DD')
                       WHEN 'week' THEN to_char(DATE '2000-01-01' + m.key::int, 'IYYY-"W"IW')
                       WHEN 'month' THEN to_char(DATE '2000-01-01' + m.key::int, 'YYYY-MM')
                   END AS label,
                   m.n, m.p, m.longest, m.still_waiting
            FROM merged m
        )
        SELECT h.as_of, h.unseen, r.label, r.n, r.p[1], r.p[2], r.p[3], r.longest, r.still_waiting
        FROM (SELECT (EXTRACT(epoch FROM now()) * 1000000)::bigint AS as_of, \(unseen)::bigint AS unseen) h
        LEFT JOIN named r ON true
        ORDER BY r.label COLLATE "C"
        """
    }
}
