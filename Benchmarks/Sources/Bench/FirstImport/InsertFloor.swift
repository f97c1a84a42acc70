import CPostgres
import Glibc

/// The limit of the database: what any helpdesk must write for a mail, and no more.
///
/// A ticket, a message with four indexes and the raw bytes (lz4), a hundred mails a transaction, all statements of one
/// pipelined. Making the mails is not part of the time.
final class InsertFloor {
    private static let batch = 100
    private let connection: OpaquePointer

    /// Connects and makes the tables.
    init(uri: String) throws {
        guard let connection = PQconnectdb(uri), PQstatus(connection) == CONNECTION_OK else {
            throw BenchmarkError("cannot reach the private PostgreSQL")
        }
        self.connection = connection
        for statement in Self.tables { try self.execute(statement) }
        PQclear(PQprepare(connection, "floor", Self.insert, 7, nil))
    }

    deinit {
        PQfinish(self.connection)
    }

    /// Inserts the corpus; gives the time and the CPU seconds that took.
    func run(_ corpus: Corpus) throws -> (wall: Duration, cpu: Double) {
        var (time, cpu) = (Duration.zero, 0.0)
        for start in stride(from: 0, to: corpus.count, by: Self.batch) {
            let mails = (start..<min(corpus.count, start + Self.batch)).map(corpus.mail)
            let before = (ContinuousClock.now, Contest.ownSeconds())
            try self.insert(mails)
            time += ContinuousClock.now - before.0
            cpu += Contest.ownSeconds() - before.1
        }
        return (time, cpu)
    }

    /// How many messages are there.
    func count() throws -> Int {
        let result = PQexec(self.connection, "SELECT count(*) FROM floor_body")
        defer { PQclear(result) }
        guard let text = PQgetvalue(result, 0, 0), let count = Int(String(cString: text)) else {
            throw BenchmarkError("the insert floor cannot be counted")
        }
        return count
    }

    private func insert(_ mails: [Corpus.Mail]) throws {
        guard PQenterPipelineMode(self.connection) == 1 else { throw BenchmarkError("no pipeline mode") }
        try self.send("BEGIN")
        for mail in mails { try self.send(mail) }
        try self.send("COMMIT")
        guard PQpipelineSync(self.connection) == 1 else { throw BenchmarkError("the pipeline broke") }
        var isDone = false
        while !isDone {
            guard let result = PQgetResult(self.connection) else { continue }
            let status = PQresultStatus(result)
            PQclear(result)
            isDone = status == PGRES_PIPELINE_SYNC
            guard isDone || status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else {
                throw BenchmarkError("the insert floor fails: \(String(cString: PQerrorMessage(self.connection)))")
            }
        }
        PQexitPipelineMode(self.connection)
    }

    private func send(_ statement: String) throws {
        guard PQsendQueryParams(self.connection, statement, 0, nil, nil, nil, nil, 0) == 1 else {
            throw BenchmarkError("the pipeline broke")
        }
    }

    private func send(_ mail: Corpus.Mail) throws {
        let texts = [mail.thread, mail.subject, String(mail.arrived), mail.id, mail.parent, mail.sender]
        let copies = texts.map { $0.flatMap { strdup($0) } }
        defer { for copy in copies { free(copy) } }
        let sent = mail.bytes.withUnsafeBytes { raw in
            let values = copies.map { $0.map { UnsafePointer($0) } } + [raw.bindMemory(to: CChar.self).baseAddress]
            let lengths = [Int32](repeating: 0, count: texts.count) + [Int32(raw.count)]
            let formats = [Int32](repeating: 0, count: texts.count) + [1]
            return PQsendQueryPrepared(self.connection, "floor", Int32(values.count), values, lengths, formats, 0)
        }
        guard sent == 1 else { throw BenchmarkError("the pipeline broke") }
    }

    private func execute(_ statement: String) throws {
        let result = PQexec(self.connection, statement)
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else {
            throw BenchmarkError("the insert floor fails: \(String(cString: PQerrorMessage(self.connection)))")
        }
    }

    private static let tables = [
        """
        CREATE TABLE floor_ticket (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, thread text NOT NULL UNIQUE, subject text NOT NULL,
            opened_at timestamptz NOT NULL, updated_at timestamptz NOT NULL
        )
        """,
        """
        CREATE TABLE floor_message (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ticket bigint NOT NULL REFERENCES floor_ticket,
            message_id text NOT NULL UNIQUE, parent_id text, sender text NOT NULL, received_at timestamptz NOT NULL
        )
        """,
        "CREATE INDEX ON floor_message (parent_id)",
        "CREATE INDEX ON floor_message (ticket, received_at)",
        "CREATE TABLE floor_body (message bigint PRIMARY KEY REFERENCES floor_message, raw bytea COMPRESSION lz4 NOT NULL)",
    ]

    private static let insert = """
        WITH t AS (
            INSERT INTO floor_ticket (thread, subject, opened_at, updated_at)
            VALUES ($1, $2, to_timestamp($3::float8), to_timestamp($3::float8))
            ON CONFLICT (thread) DO UPDATE SET updated_at = excluded.updated_at
            RETURNING id, updated_at
        ), m AS (
            INSERT INTO floor_message (ticket, message_id, parent_id, sender, received_at)
            SELECT id, $4, $5, $6, updated_at FROM t
            RETURNING id
        )
        INSERT INTO floor_body (message, raw) SELECT id, $7::bytea FROM m
        """
}
