package import Desk
import Postgres

/// Statements on `content` and `content_chunk`: the raw bytes of each mail, once per mailbox.
///
/// Up to ``inlineLimit`` bytes a mail is one row; above, chunks under a surrogate id whose digest and `complete` come
/// last, so that nothing half fetched is ever found by its digest.
package enum ContentQueries {
    /// The largest mail kept in one row, and the size of a chunk, in bytes.
    package static let inlineLimit = 256 * 1024

    static let all: [SQL] = [
        insertInline, begin, appendChunk, completed, complete, discard, sweep, load, loadChunks, known,
    ]

    /// Binds `$1` mailbox, `$2` digests, `$3` bodies.
    ///
    /// Rows: inserted ones only.
    static let insertInline = SQL(
        name: "content.insert_inline",
        text: """
            INSERT INTO content (mailbox_id, digest, size, body, complete)
            SELECT $1, u.digest, octet_length(u.body), u.body, true
            FROM unnest($2::bytea[], $3::bytea[]) AS u (digest, body)
            ON CONFLICT (mailbox_id, digest) WHERE complete DO NOTHING
            """
    )

    /// Binds `$1` mailbox.
    ///
    /// One row: the id of an incomplete content.
    static let begin = SQL(
        name: "content.begin",
        text: "INSERT INTO content (mailbox_id) VALUES ($1) RETURNING id"
    )

    /// Binds `$1` mailbox, `$2` content, `$3` ordinal, `$4` bytes.
    static let appendChunk = SQL(
        name: "content.append_chunk",
        text: """
            INSERT INTO content_chunk (mailbox_id, content_id, ordinal, bytes) VALUES ($1, $2, $3::int, $4)
            """
    )

    /// Binds `$1` mailbox, `$2` digest.
    ///
    /// One row when these bytes are already kept.
    static let completed = SQL(
        name: "content.completed",
        text: "SELECT id FROM content WHERE mailbox_id = $1 AND digest = $2 AND complete"
    )

    /// Binds `$1` mailbox, `$2` content, `$3` digest, `$4` size kept, `$5` note.
    static let complete = SQL(
        name: "content.complete",
        text: """
            UPDATE content SET digest = $3, size = $4, note = $5, complete = true
            WHERE mailbox_id = $1 AND id = $2 AND NOT complete
              AND NOT EXISTS (SELECT 1 FROM content o WHERE o.mailbox_id = $1 AND o.digest = $3 AND o.complete)
            """
    )

    /// Binds `$1` mailbox, `$2` content.
    ///
    /// Takes an incomplete one and its chunks away.
    static let discard = SQL(
        name: "content.discard",
        text: "DELETE FROM content WHERE mailbox_id = $1 AND id = $2 AND NOT complete"
    )

    /// Binds `$1` mailbox.
    ///
    /// Takes away what a former holder of the lease left incomplete; a new one has begun none.
    static let sweep = SQL(
        name: "content.sweep",
        text: """
            DELETE FROM content WHERE mailbox_id = $1 AND NOT complete
            """
    )

    /// Binds `$1` mailbox, `$2` digests.
    ///
    /// A row each: digest, content id, inline body or NULL when chunked.
    static let load = SQL(
        name: "content.load",
        text: """
            SELECT digest, id, body FROM content WHERE mailbox_id = $1 AND digest = ANY($2) AND complete
            """
    )

    /// Binds `$1` mailbox, `$2` content, `$3` chunks at most.
    ///
    /// Chunks in order.
    static let loadChunks = SQL(
        name: "content.load_chunks",
        text: """
            SELECT bytes FROM content_chunk WHERE mailbox_id = $1 AND content_id = $2 AND ordinal < $3::int
            ORDER BY ordinal
            """
    )

    /// Binds `$1` mailbox, `$2` digests.
    ///
    /// The digests among them whose bytes are kept.
    static let known = SQL(
        name: "content.known",
        text: "SELECT digest FROM content WHERE mailbox_id = $1 AND digest = ANY($2) AND complete"
    )

    /// Keeps small mails; those already kept are left as they are.
    package static func insert(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        digests: [[UInt8]],
        bodies: [[UInt8]]
    ) throws {
        _ = try unit.transaction.execute(insertInline, mailbox.rawValue, digests, bodies)
    }

    /// Starts a mail that is kept in chunks.
    package static func begin(_ unit: Unit, mailbox: Identifier<Mailbox>) throws -> Int64 {
        for row in try unit.transaction.query(begin, mailbox.rawValue) { return try row.decode(0, as: Int64.self) }
        throw StoreError.missingRow(begin.name)
    }

    /// Adds the next chunk, at most ``inlineLimit`` bytes.
    package static func append(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        content: Int64,
        ordinal: Int,
        bytes: [UInt8]
    ) throws {
        _ = try unit.transaction.execute(appendChunk, mailbox.rawValue, content, Int64(ordinal), bytes)
    }

    /// Ends a mail kept in chunks; when the same bytes are kept already, the chunks go away again.
    package static func complete(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        content: Int64,
        digest: [UInt8],
        size: Int64,
        note: String?
    ) throws {
        let changed = try unit.transaction.execute(complete, mailbox.rawValue, content, digest, size, note)
        if changed == 0 { _ = try unit.transaction.execute(discard, mailbox.rawValue, content) }
    }

    /// Takes an incomplete one away.
    package static func discard(_ unit: Unit, mailbox: Identifier<Mailbox>, content: Int64) throws {
        _ = try unit.transaction.execute(discard, mailbox.rawValue, content)
    }

    /// Takes away what was left incomplete.
    package static func sweep(_ unit: Unit, mailbox: Identifier<Mailbox>) throws {
        _ = try unit.transaction.execute(sweep, mailbox.rawValue)
    }

    /// The bytes of mails by digest, each cut at `limit` bytes (a multiple of ``inlineLimit``).
    package static func load(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        digests: [[UInt8]],
        limit: Int
    ) throws -> [[UInt8]: [UInt8]] {
        var found: [[UInt8]: [UInt8]] = [:]
        var chunked: [(digest: [UInt8], content: Int64)] = []
        for row in try unit.transaction.query(load, mailbox.rawValue, digests) {
            let digest = try row.decode(0, as: [UInt8].self)
            if let body = try row.decode(2, as: [UInt8]?.self) {
                found[digest] = body
            } else {
                chunked.append((digest, try row.decode(1, as: Int64.self)))
            }
        }
        for mail in chunked {
            var body: [UInt8] = []
            let chunks = Int64(max(1, limit / inlineLimit))
            for row in try unit.transaction.query(loadChunks, mailbox.rawValue, mail.content, chunks) {
                body += try row.decode(0, as: [UInt8].self)
            }
            found[mail.digest] = body
        }
        return found
    }
}
