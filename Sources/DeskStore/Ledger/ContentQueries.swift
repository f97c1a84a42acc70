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
        begin, beginComplete, completed, complete, discard, sweep, load, loadChunks, known, keep,
    ]

    /// Whole mails of one row each: COPY, because the bytes then pass through no other form on their way to the table.
    static let inlineCopy = CopyTarget(
        table: "content",
        columns: ["mailbox_id", "digest", "size", "body", "complete"]
    )

    /// The pieces of larger ones.
    static let chunkCopy = CopyTarget(
        table: "content_chunk",
        columns: ["mailbox_id", "content_id", "ordinal", "bytes"]
    )

    /// Binds `$1` mailbox, `$2` digest, `$3` size.
    ///
    /// One row: the id of a content whose chunks follow in the same transaction.
    static let beginComplete = SQL(
        name: "content.begin_complete",
        text: "INSERT INTO content (mailbox_id, digest, size, complete) VALUES ($1, $2, $3, true) RETURNING id"
    )

    /// Binds `$1` mailbox.
    ///
    /// One row: the id of an incomplete content.
    static let begin = SQL(
        name: "content.begin",
        text: "INSERT INTO content (mailbox_id) VALUES ($1) RETURNING id"
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
    /// A row each: digest, content id, inline body or NULL when chunked, size.
    static let load = SQL(
        name: "content.load",
        text: """
            SELECT digest, id, body, size FROM content WHERE mailbox_id = $1 AND digest = ANY($2) AND complete
            """
    )

    /// Binds `$1` mailbox, `$2` content, `$3` the first chunk, `$4` the one after the last.
    ///
    /// Chunks in order.
    static let loadChunks = SQL(
        name: "content.load_chunks",
        text: """
            SELECT bytes FROM content_chunk
            WHERE mailbox_id = $1 AND content_id = $2 AND ordinal >= $3::int AND ordinal < $4::int
            ORDER BY ordinal
            """
    )

    /// Chunks read at once, which are in memory twice then.
    private static let chunksAtOnce: Int64 = 4

    /// Binds `$1` mailbox, `$2` digests.
    ///
    /// The digests among them whose bytes are kept.
    static let known = SQL(
        name: "content.known",
        text: "SELECT digest FROM content WHERE mailbox_id = $1 AND digest = ANY($2) AND complete"
    )

    /// Binds `$1` mailbox, then arrays: `$2` digests, `$3` sizes, `$4` bodies.
    ///
    /// Keeps what is not kept yet.
    static let keep = SQL(
        name: "content.keep",
        text: """
            INSERT INTO content (mailbox_id, digest, size, body, complete)
            SELECT $1, u.digest, u.size, u.body, true
            FROM unnest($2::bytea[], $3::bigint[], $4::bytea[]) AS u (digest, size, body)
            WHERE NOT EXISTS (SELECT 1 FROM content c WHERE c.mailbox_id = $1 AND c.digest = u.digest AND c.complete)
            """
    )

    /// So many bytes go as values of one statement, that needs no round trip of its own; COPY is faster for more.
    private static let fewBytes = 64 * 1024

    /// Keeps whole mails; those already kept are left as they are.
    ///
    /// Only the holder of the mailbox's ingestion lease writes content, one unit at a time, so that what is looked up
    /// here is still so when it is written.
    package static func insert(_ unit: Unit, mailbox: Identifier<Mailbox>, _ mails: [WholeMail]) throws {
        guard !mails.isEmpty else { return }
        if mails.reduce(0, { $0 + $1.body.count }) <= fewBytes {
            var seen: Set<[UInt8]> = []
            let single = mails.filter { seen.insert($0.digest).inserted }
            return try unit.transaction.queue(
                keep,
                mailbox.rawValue,
                single.map(\.digest),
                single.map { Int64($0.body.count) },
                single.map(\.body)
            )
        }
        var kept = Set(
            try unit.transaction.query(known, mailbox.rawValue, mails.map(\.digest)).map { row in
                try row.decode(0, as: [UInt8].self)
            }
        )
        let fresh = mails.filter { kept.insert($0.digest).inserted }
        try unit.transaction.copyIn(inlineCopy) { writer in
            for mail in fresh where mail.body.count <= inlineLimit {
                try writer.write(mailbox.rawValue, mail.digest, Int64(mail.body.count), mail.body, true)
            }
        }
        let large = fresh.filter { $0.body.count > inlineLimit }
        guard !large.isEmpty else { return }
        var ids: [Int64] = []
        for mail in large {
            let size = Int64(mail.body.count)
            for row in try unit.transaction.query(beginComplete, mailbox.rawValue, mail.digest, size) {
                ids.append(try row.decode(0, as: Int64.self))
            }
        }
        try unit.transaction.copyIn(chunkCopy) { writer in
            for (mail, id) in zip(large, ids) {
                try write(mail.body, to: id, from: 0, mailbox: mailbox, &writer)
            }
        }
    }

    private static func write(
        _ bytes: [UInt8],
        to content: Int64,
        from ordinal: Int,
        mailbox: Identifier<Mailbox>,
        _ writer: inout PostgresCopyWriter
    ) throws {
        for (offset, start) in stride(from: 0, to: bytes.count, by: inlineLimit).enumerated() {
            let chunk = bytes[start..<min(start + inlineLimit, bytes.count)]
            try writer.write(mailbox.rawValue, content, Int32(ordinal + offset), Array(chunk))
        }
    }

    /// Starts a mail that is kept in chunks.
    package static func begin(_ unit: Unit, mailbox: Identifier<Mailbox>) throws -> Int64 {
        for row in try unit.transaction.query(begin, mailbox.rawValue) { return try row.decode(0, as: Int64.self) }
        throw StoreError.missingRow(begin.name)
    }

    /// Adds bytes to a mail kept in chunks of ``inlineLimit``; `ordinal` is the number of the first.
    package static func append(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        content: Int64,
        ordinal: Int,
        bytes: [UInt8]
    ) throws {
        try unit.transaction.copyIn(chunkCopy) { writer in
            try write(bytes, to: content, from: ordinal, mailbox: mailbox, &writer)
        }
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
        if changed == 0 { try unit.transaction.queue(discard, mailbox.rawValue, content) }
    }

    /// Takes an incomplete one away.
    package static func discard(_ unit: Unit, mailbox: Identifier<Mailbox>, content: Int64) throws {
        try unit.transaction.queue(discard, mailbox.rawValue, content)
    }

    /// Takes away what was left incomplete.
    package static func sweep(_ unit: Unit, mailbox: Identifier<Mailbox>) throws {
        try unit.transaction.queue(sweep, mailbox.rawValue)
    }

    /// The bytes of mails by digest, each cut at `limit` bytes (a multiple of ``inlineLimit``).
    package static func load(
        _ unit: Unit,
        mailbox: Identifier<Mailbox>,
        digests: [[UInt8]],
        limit: Int
    ) throws -> [[UInt8]: [UInt8]] {
        var found: [[UInt8]: [UInt8]] = [:]
        var chunked: [(digest: [UInt8], content: Int64, size: Int)] = []
        for row in try unit.transaction.query(load, mailbox.rawValue, digests) {
            let digest = try row.decode(0, as: [UInt8].self)
            if let body = try row.decode(2, as: [UInt8]?.self) {
                found[digest] = body
            } else {
                let size = Int(try row.decode(3, as: Int64.self))
                chunked.append((digest, try row.decode(1, as: Int64.self), size))
            }
        }
        for mail in chunked {
            var body: [UInt8] = []
            body.reserveCapacity(min(mail.size, limit))
            let end = Int64(max(1, min(limit, mail.size + inlineLimit - 1) / inlineLimit))
            for first in stride(from: 0, to: end, by: Int(chunksAtOnce)) {
                let next = min(end, first + chunksAtOnce)
                for row in try unit.transaction.query(loadChunks, mailbox.rawValue, mail.content, first, next) {
                    body += try row.decode(0, as: [UInt8].self)
                }
            }
            found[mail.digest] = body
        }
        return found
    }
}
