import CPostgres

/// Statements that are on their way to the server while more are added.
package struct PostgresPipeline {
    private enum Entry {
        case command(String)
        case preparation(name: String, serverName: String)
        case statement(name: String)
        case queued(QueuedStatement)
    }

    private let session: Session
    private var entries: [Entry] = []

    /// Adds a statement; its result comes at its place among those the pipeline returns.
    ///
    /// - Throws: `connectionLost`, `cancelled`, `encoding`. What the server thinks of the statement shows at the end.
    package mutating func query(_ sql: SQL, _ binds: any PostgresEncodable...) throws(PostgresError) {
        try self.append(sql, binds)
    }

    /// The same as ``query(_:_:)``, for statements whose rows nobody wants.
    ///
    /// - Throws: As ``query(_:_:)``.
    package mutating func execute(_ sql: SQL, _ binds: any PostgresEncodable...) throws(PostgresError) {
        try self.append(sql, binds)
    }

    /// Adds a statement with the binds in an array.
    ///
    /// - Throws: As ``query(_:_:)``.
    package mutating func query(_ sql: SQL, binds: [any PostgresEncodable]) throws(PostgresError) {
        try self.append(sql, binds)
    }

    private mutating func append(_ sql: SQL, _ binds: [any PostgresEncodable]) throws(PostgresError) {
        try self.send(sql, binds)
        self.entries.append(.statement(name: sql.name))
    }

    private mutating func send(_ sql: SQL, _ binds: [any PostgresEncodable]) throws(PostgresError) {
        if let serverName = try self.session.send(sql, binds) {
            self.entries.append(.preparation(name: sql.name, serverName: serverName))
        }
    }

    private mutating func append(command text: String, name: String) throws(PostgresError) {
        try self.session.send(unprepared: text, name: name)
        self.entries.append(.command(name))
    }

    /// Ends the transaction, if everything before it goes well.
    mutating func commit() throws(PostgresError) {
        try self.append(command: "COMMIT", name: "commit")
    }

    /// What waited for company goes first: BEGIN, then the statements that were queued.
    private mutating func appendWaiting() throws(PostgresError) {
        for text in self.session.takeOpening() {
            try self.append(command: text, name: "begin")
        }
        for queued in self.session.takeQueued() {
            try self.send(queued.sql, queued.binds)
            self.entries.append(.queued(queued))
        }
    }
}

extension PostgresPipeline {
    /// Runs a whole pipeline and leaves the connection as it found it, unless it broke.
    ///
    /// With `opening` it is a transaction of its own, that is begun so before what waits. libpq's blocking mode reads while it waits to
    /// write, so server and client cannot block each other.
    static func run(
        on session: Session,
        opening: [String]? = nil,
        _ body: (inout PostgresPipeline) throws -> Void
    ) throws -> [PostgresRows] {
        try session.checkReady(nil)
        guard unsafe PQenterPipelineMode(session.pointer) == 1 else {
            throw session.noted(session.connectionFailure(statement: nil))
        }
        session.isStreaming = true
        defer { session.isStreaming = false }
        var pipeline = PostgresPipeline(session: session)
        var problem: (any Error)?
        do {
            if let opening {
                for text in opening { try pipeline.append(command: text, name: "begin") }
                try body(&pipeline)
                try pipeline.commit()
            } else {
                try pipeline.appendWaiting()
                try body(&pipeline)
            }
        } catch {
            problem = error
        }
        var results: [PostgresRows] = []
        do {
            results = try pipeline.collect()
        } catch {
            problem = problem ?? error
        }
        if let problem { throw problem }
        return results
    }

    private func collect() throws(PostgresError) -> [PostgresRows] {
        guard !self.session.isBroken, unsafe PQpipelineSync(self.session.pointer) == 1 else {
            throw self.session.noted(self.session.connectionFailure(statement: nil))
        }
        var results: [PostgresRows] = []
        results.reserveCapacity(self.entries.count)
        var failure: PostgresError?
        for entry in self.entries {
            do {
                if let rows = try self.result(of: entry, after: failure) { results.append(rows) }
            } catch {
                if self.session.isBroken { throw self.ending(error, after: failure) }
                failure = failure ?? error
            }
        }
        do throws(PostgresError) {
            try self.finish()
        } catch {
            throw self.ending(error, after: failure)
        }
        if let failure { throw self.session.noted(failure) }
        return results
    }

    /// The end of the connection, with the server's last words where there were any.
    private func ending(_ error: PostgresError, after failure: PostgresError?) -> PostgresError {
        guard error.reason == .connectionLost, error.sqlState == nil, let failure, let state = failure.sqlState
        else { return error }
        return self.session.noted(
            PostgresError(
                reason: .connectionLost,
                statement: failure.statement,
                message: failure.message,
                sqlState: state
            )
        )
    }

    /// Reads what belongs to one entry; `nil` for what gives no rows to the caller.
    private func result(of entry: Entry, after failure: PostgresError?) throws(PostgresError) -> PostgresRows? {
        let first = unsafe PQgetResult(self.session.pointer)
        // A result is followed by a null; a dead connection gives nulls for ever.
        while let extra = unsafe first == nil ? nil : PQgetResult(self.session.pointer) { unsafe PQclear(extra) }
        switch entry {
        case .command(let name):
            _ = try unsafe self.checked(first, name, [PGRES_COMMAND_OK], failure)
            return nil
        case .queued(let queued):
            let rows = PostgresRows(
                try unsafe self.checked(first, queued.sql.name, [PGRES_TUPLES_OK, PGRES_COMMAND_OK], failure)
            )
            guard !queued.needsRow || !rows.isEmpty else {
                throw PostgresError(reason: .rowMissing, statement: queued.sql.name)
            }
            return nil
        case .preparation(let name, let serverName):
            do {
                _ = try unsafe self.checked(first, name, [PGRES_COMMAND_OK], failure)
            } catch {
                self.session.forgetPrepared(name, as: serverName)
                throw error
            }
            return nil
        case .statement(let name):
            return PostgresRows(try unsafe self.checked(first, name, [PGRES_TUPLES_OK, PGRES_COMMAND_OK], failure))
        }
    }

    private func checked(
        _ pointer: OpaquePointer?,
        _ name: String,
        _ expecting: [ExecStatusType],
        _ failure: PostgresError?
    ) throws(PostgresError) -> ResultHandle {
        if let failure, unsafe pointer != nil, unsafe PQresultStatus(pointer) == PGRES_PIPELINE_ABORTED {
            unsafe PQclear(pointer)
            throw failure
        }
        return try unsafe self.session.checked(pointer, statement: name, expecting: expecting)
    }

    private func finish() throws(PostgresError) {
        _ = try unsafe self.session.checked(
            PQgetResult(self.session.pointer),
            statement: nil,
            expecting: [PGRES_PIPELINE_SYNC]
        )
        guard unsafe PQexitPipelineMode(self.session.pointer) == 1 else {
            throw self.session.noted(self.session.connectionFailure(statement: nil))
        }
    }
}
