import CPostgres
import Logging

/// The statements of one unit of work, valid inside the closure that was given it.
///
/// Every call blocks the connection's own thread. In ``PostgresConnection/withConnection(_:)`` there is no transaction around the
/// calls: each statement commits by itself.
package final class PostgresTransaction {
    private var session: Session?
    private var savepoints = 0

    init(_ session: Session) {
        self.session = session
    }

    /// The closure is over.
    func close() {
        self.session = nil
    }

    /// The number of the server's process that serves this connection.
    package var backendPID: Int {
        self.session.map { Int($0.backend) } ?? 0
    }

    /// Runs a statement and gives its rows.
    ///
    /// - Throws: `server`, `connectionLost`, `cancelled`; the transaction has failed then, unless a savepoint is around the call.
    @discardableResult
    package func query(_ sql: SQL, _ binds: any PostgresEncodable...) throws(PostgresError) -> PostgresRows {
        try self.open().run(sql, binds)
    }

    /// Runs a statement, with the binds in an array, and gives its rows.
    ///
    /// - Throws: As ``query(_:_:)``.
    @discardableResult
    package func query(_ sql: SQL, binds: [any PostgresEncodable]) throws(PostgresError) -> PostgresRows {
        try self.open().run(sql, binds)
    }

    /// Runs a statement and gives the number of rows it changed.
    ///
    /// - Throws: As ``query(_:_:)``.
    @discardableResult
    package func execute(_ sql: SQL, _ binds: any PostgresEncodable...) throws(PostgresError) -> Int {
        try self.open().run(sql, binds).affected
    }

    /// Lets a statement wait and be sent with the next one, or before COMMIT: for changes whose rows nobody reads.
    ///
    /// With `needsRow` the unit of work fails with `rowMissing` when it gives no row, and nothing of what was sent with it or after it is
    /// committed: a guard, that costs no round trip of its own.
    ///
    /// - Throws: As ``query(_:_:)``; what the server thinks of it, the call it is sent with.
    package func queue(
        _ sql: SQL,
        _ binds: any PostgresEncodable...,
        needsRow: Bool = false
    ) throws(PostgresError) {
        try self.open().queue(QueuedStatement(sql: sql, binds: binds, needsRow: needsRow))
    }

    /// The same with the binds in an array.
    ///
    /// - Throws: As ``queue(_:_:needsRow:)``.
    package func queue(_ sql: SQL, binds: [any PostgresEncodable]) throws(PostgresError) {
        try self.open().queue(QueuedStatement(sql: sql, binds: binds, needsRow: false))
    }

    /// From here on COMMIT waits for the disk after all, as the session does by itself.
    ///
    /// - Throws: As ``queue(_:_:needsRow:)``.
    package func waitForDisk() throws(PostgresError) {
        try self.queue(Self.diskWait)
    }

    private static let diskWait = SQL(
        name: "transaction.wait_for_disk",
        text: "SET LOCAL synchronous_commit TO DEFAULT"
    )

    /// Runs statements, separated by semicolons, that are too rare or too many to be prepared: migrations, LISTEN, SET.
    ///
    /// - Throws: As ``query(_:_:)``.
    package func execute(unprepared text: String) throws(PostgresError) {
        try self.open().run(unprepared: text, name: nil)
    }

    /// Sends many statements without waiting for an answer between them.
    ///
    /// The first failure fails them all. When the body itself throws, what it had queued still runs, so let the error end the
    /// transaction or a savepoint around the pipeline.
    ///
    /// - Returns: One result for each statement, in order.
    /// - Throws: The error of the body, else that of the first statement that failed, as ``query(_:_:)``.
    @discardableResult
    package func pipeline(_ body: (inout PostgresPipeline) throws -> Void) throws -> [PostgresRows] {
        try PostgresPipeline.run(on: self.open(), body)
    }

    /// Reads what is committed at one moment, before the transaction begins: all statements see the same, in one round trip.
    ///
    /// Nothing is locked, and what is read may be older than what the transaction sees.
    ///
    /// - Returns: One result for each statement, in order.
    /// - Throws: As ``pipeline(_:)``; `misuse` when the transaction has begun.
    package func snapshot(_ body: (inout PostgresPipeline) throws -> Void) throws -> [PostgresRows] {
        try self.open().snapshot(body)
    }

    /// Sends the last statements of the transaction and COMMIT after them in one round trip.
    ///
    /// The server skips COMMIT when anything before it fails. No statement can follow; what the closure still does is done after the
    /// commit.
    ///
    /// - Returns: One result for each statement, in order, once all is committed.
    /// - Throws: As ``pipeline(_:)``; `commitUnknown` when the answer was lost.
    @discardableResult
    package func finish(_ body: (inout PostgresPipeline) throws -> Void) throws -> [PostgresRows] {
        try self.open().commit(body)
    }

    /// Sends rows by COPY in binary, the fastest way in.
    ///
    /// The server converts nothing: the types of the values must be those of the columns exactly (`Int` is `bigint`).
    ///
    /// - Parameters:
    ///   - table: A name, or schema and name with a dot between; it is quoted here.
    ///   - columns: The columns in the order of the values.
    ///   - body: Writes the rows.
    /// - Returns: How many rows were added.
    /// - Throws: The error of the body, after which nothing was added, or as ``query(_:_:)``.
    @discardableResult
    package func copyIn(
        table: String,
        columns: [String],
        _ body: (inout PostgresCopyWriter) throws -> Void
    ) throws -> Int {
        try PostgresCopyWriter.run(on: self.open(), table: table, columns: columns, body)
    }

    /// Sends rows by COPY, each an array of values.
    ///
    /// - Throws: As ``copyIn(table:columns:_:)``.
    @discardableResult
    package func copyIn(
        table: String,
        columns: [String],
        rows: some Sequence<[any PostgresEncodable]>
    ) throws -> Int {
        try self.copyIn(table: table, columns: columns) { writer in
            for row in rows { try writer.write(row) }
        }
    }

    /// Runs a part of the transaction that may fail alone: when the body throws, what it did is undone and the error goes on.
    ///
    /// - Throws: The error of the body. A cancelled task or a lost connection ends the whole transaction, so nothing is undone then.
    @discardableResult
    package func savepoint<Result>(_ body: () throws -> Result) throws -> Result {
        let session = try self.open()
        self.savepoints += 1
        defer { self.savepoints -= 1 }
        let name = "savepoint_\(self.savepoints)"
        try session.run(unprepared: "SAVEPOINT \(name)", name: "savepoint")
        do {
            let result = try body()
            try session.run(unprepared: "RELEASE SAVEPOINT \(name)", name: "savepoint")
            return result
        } catch {
            // What the body queued was to be undone as well.
            _ = session.takeQueued()
            let isOver = session.isBroken || session.scope?.isRequested == true
            guard !isOver else { throw error }
            do throws(PostgresError) {
                try session.run(unprepared: "ROLLBACK TO SAVEPOINT \(name)", name: "savepoint", isCleanUp: true)
                try session.run(unprepared: "RELEASE SAVEPOINT \(name)", name: "savepoint", isCleanUp: true)
                session.failure = nil
            } catch let second {
                // The transaction is in a state nobody knows; the connection goes away with it.
                session.isBroken = true
                session.logger.warning(
                    "rollback to savepoint failed",
                    metadata: ["db.error": "\(second)"]
                )
            }
            throw error
        }
    }

    private func open() throws(PostgresError) -> Session {
        guard let session = self.session else {
            throw PostgresError(reason: .misuse("a transaction used after its closure"))
        }
        return session
    }
}

/// A name as SQL writes it between double quotes.
func quoted(_ identifier: String) -> String {
    "\"" + identifier.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}
