import CPostgres
import Logging

/// One libpq connection that is open, for use by one thread at a time.
///
/// It knows what is prepared, turns libpq's results into rows and errors, and notices when the connection is dead.
@safe
final class Session {
    private struct Prepared {
        let text: String
        let types: [UInt32]
        let serverName: String
    }

    /// libpq's connection, alive as long as this object.
    let pointer: OpaquePointer
    /// Made once the connection is: before, libpq does not know the server's process.
    private(set) var cancelHandle: CancelHandle?
    let logger: Logger
    /// Reused by every statement.
    private var parameters = ParameterBuffer()
    private var prepared: [String: [Prepared]] = [:]
    /// libpq's context for notices.
    private let notices: NoticeLogger
    /// The unit of work that runs now.
    var scope: CancelScope?
    /// No further use: the connection is dead or in a state nobody knows.
    var isBroken = false
    /// A pipeline or a COPY is going on, during which libpq takes no other statement.
    var isStreaming = false
    /// The last failure of the running unit that was not undone by a savepoint.
    var failure: PostgresError?
    /// What begins the running unit, until it is sent with the first statement: alone it would cost a round trip.
    var opening: [String] = []
    /// The running unit only reads, outside of a transaction.
    var isReading = false
    /// The running unit has sent COMMIT already.
    var isCommitted = false
    /// Statements that nobody waits for, sent with the next one.
    private var queued: [QueuedStatement] = []

    init(adopting pointer: OpaquePointer, logger: Logger) {
        unsafe self.pointer = pointer
        self.logger = logger
        self.notices = NoticeLogger(logger: logger)
        unsafe PQsetNoticeReceiver(
            pointer,
            { context, result in
                guard let context = unsafe context, let result = unsafe result else { return }
                unsafe Unmanaged<NoticeLogger>.fromOpaque(context).takeUnretainedValue().received(result)
            },
            Unmanaged.passUnretained(self.notices).toOpaque()
        )
    }

    deinit {
        unsafe PQfinish(self.pointer)
    }

    /// From now on a statement can be cancelled.
    func enableCancelling() {
        self.cancelHandle = unsafe CancelHandle(connection: self.pointer)
    }

    /// The number of the server's process that serves this session.
    var backend: Int32 { unsafe PQbackendPID(self.pointer) }

    /// The socket, to be polled.
    var socket: Int32 { unsafe PQsocket(self.pointer) }

    var transactionStatus: PGTransactionStatusType { unsafe PQtransactionStatus(self.pointer) }

    /// Reads what the server has sent unasked; false, and broken, when it has ended the connection.
    func isAlive() -> Bool {
        var descriptor = pollfd(fd: self.socket, events: Int16(POLLIN), revents: 0)
        // The server's last words come before the end of the connection shows.
        while unsafe poll(&descriptor, 1, 0) != 0 {
            _ = unsafe PQconsumeInput(self.pointer)
            guard unsafe PQstatus(self.pointer) == CONNECTION_OK else {
                self.isBroken = true
                return false
            }
        }
        return true
    }

    // MARK: Statements

    /// Runs a prepared statement with binary binds and a binary result.
    func run(_ sql: SQL, _ binds: [any PostgresEncodable]) throws(PostgresError) -> PostgresRows {
        try self.checkReady(sql.name)
        try self.fill(sql, binds)
        guard !self.isAnythingWaiting, let statement = try self.known(sql) else {
            return try self.runInCompany(sql, binds)
        }
        let isSent = unsafe self.parameters.withArguments { count, values, lengths, formats in
            unsafe PQsendQueryPrepared(self.pointer, statement, count, values, lengths, formats, 1)
        }
        return PostgresRows(
            try self.answer(isSent, statement: sql.name, expecting: [PGRES_TUPLES_OK, PGRES_COMMAND_OK])
        )
    }

    /// Runs a statement with all that waits, its preparation included, in one round trip.
    private func runInCompany(_ sql: SQL, _ binds: [any PostgresEncodable]) throws(PostgresError) -> PostgresRows {
        let results = try self.pipeline { (pipeline: inout PostgresPipeline) throws(PostgresError) in
            try pipeline.query(sql, binds: binds)
        }
        guard let rows = results.last else { throw self.noted(self.connectionFailure(statement: sql.name)) }
        return rows
    }

    /// A pipeline that fails in no other way than the database does.
    private func pipeline(
        _ body: (inout PostgresPipeline) throws(PostgresError) -> Void
    ) throws(PostgresError) -> [PostgresRows] {
        do {
            return try PostgresPipeline.run(on: self) { try body(&$0) }
        } catch let error as PostgresError {
            throw error
        } catch {
            throw PostgresError(reason: .misuse("\(error)"))
        }
    }

    /// Lets a statement wait for the next one, or runs it now where each commits by itself.
    func queue(_ statement: QueuedStatement) throws(PostgresError) {
        try self.checkReady(statement.sql.name)
        self.queued.append(statement)
        if self.opening.isEmpty, !self.isReading, self.transactionStatus == PQTRANS_IDLE { try self.sendWaiting() }
    }

    /// Sends what waits, if anything does.
    func sendWaiting() throws(PostgresError) {
        guard self.isAnythingWaiting else { return }
        _ = try self.pipeline { _ in }
    }

    /// Sends what waits and COMMIT after it; the server skips COMMIT when anything before it fails.
    func commitWithWaiting() throws(PostgresError) {
        _ = try self.pipeline { (pipeline: inout PostgresPipeline) throws(PostgresError) in try pipeline.commit() }
    }

    /// Runs statements in a transaction of their own that only reads, before that of the unit begins.
    func snapshot(_ body: (inout PostgresPipeline) throws -> Void) throws -> [PostgresRows] {
        guard !self.opening.isEmpty, !self.hasQueued else {
            throw PostgresError(reason: .misuse("a snapshot after the transaction has begun"))
        }
        // What is set for the unit is set for this, too.
        let opening = ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"] + self.opening.dropFirst()
        return try PostgresPipeline.run(on: self, opening: opening, body)
    }

    var hasQueued: Bool { !self.queued.isEmpty }

    /// Whether COMMIT depends on what a statement that waits gives.
    var isAnyRowNeeded: Bool { self.queued.contains(where: \.needsRow) }

    var isAnythingWaiting: Bool { !self.opening.isEmpty || self.hasQueued }

    func takeOpening() -> [String] {
        defer { self.opening = [] }
        return self.opening
    }

    func takeQueued() -> [QueuedStatement] {
        defer { self.queued = [] }
        return self.queued
    }

    /// Queues a command without binds or rows in pipeline mode.
    func send(unprepared text: String, name: String) throws(PostgresError) {
        guard unsafe PQsendQueryParams(self.pointer, text, 0, nil, nil, nil, nil, 1) == 1 else {
            throw self.noted(self.connectionFailure(statement: name))
        }
    }

    /// Runs statements by the simple protocol, after what waits.
    ///
    /// - Parameters:
    ///   - text: One or more statements.
    ///   - name: What an error calls them.
    ///   - isCleanUp: Whether it runs although the task was cancelled.
    ///   - expecting: The results that are no error.
    /// - Throws: What ``checked(_:statement:expecting:)`` makes of the result, or `cancelled`.
    func run(
        unprepared text: String,
        name: String?,
        isCleanUp: Bool = false,
        expecting: [ExecStatusType] = [PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY]
    ) throws(PostgresError) {
        if !isCleanUp {
            try self.checkReady(name)
            try self.sendWaiting()
        }
        _ = try self.answer(unsafe PQsendQuery(self.pointer, text), statement: name, expecting: expecting)
    }

    /// Queues a statement in pipeline mode, and before it its preparation where that is needed.
    ///
    /// - Returns: The name it is being prepared under, when a result for that comes before the statement's own.
    /// - Throws: `cancelled`, `encoding`, `connectionLost`.
    func send(_ sql: SQL, _ binds: [any PostgresEncodable]) throws(PostgresError) -> String? {
        try self.checkCancelled(during: sql.name)
        try self.fill(sql, binds)
        var preparation: String?
        let statement: String
        if let known = try self.known(sql) {
            statement = known
        } else {
            statement = self.serverName(for: sql)
            let types = self.parameters.types
            guard unsafe PQsendPrepare(self.pointer, statement, sql.text, Int32(types.count), types) == 1 else {
                throw self.noted(self.connectionFailure(statement: sql.name))
            }
            // Forgotten again by the pipeline when it fails.
            self.prepared[sql.name, default: []].append(Prepared(text: sql.text, types: types, serverName: statement))
            preparation = statement
        }
        let isSent = unsafe self.parameters.withArguments { count, values, lengths, formats in
            unsafe PQsendQueryPrepared(self.pointer, statement, count, values, lengths, formats, 1)
        }
        guard isSent == 1 else { throw self.noted(self.connectionFailure(statement: sql.name)) }
        return preparation
    }

    /// Forgets what a failed pipeline may not have prepared; the next use prepares it under a name of its own.
    func forgetPrepared(_ name: String, as serverName: String) {
        guard let index = self.prepared[name]?.firstIndex(where: { $0.serverName == serverName }) else { return }
        // The entry stays, never to match, so that its name on the server is not used twice.
        self.prepared[name]?[index] = Prepared(text: sqlNeverSent, types: [], serverName: "")
    }

    /// Waits for the answer to what was sent: the first error, else the last result.
    ///
    /// PQexec would give the last error, which after the server's own "terminating connection" is a bare end of file.
    ///
    /// - Parameters:
    ///   - isSent: What libpq's sending function returned.
    ///   - statement: Its name.
    ///   - expecting: The results that are no error.
    /// - Returns: The result.
    /// - Throws: As ``checked(_:statement:expecting:)``.
    private func answer(
        _ isSent: Int32,
        statement: String?,
        expecting: [ExecStatusType]
    ) throws(PostgresError) -> ResultHandle {
        guard isSent == 1 else { throw self.noted(self.connectionFailure(statement: statement)) }
        var answer: OpaquePointer?
        while let result = unsafe PQgetResult(self.pointer) {
            if unsafe answer != nil, unsafe PQresultStatus(answer) == PGRES_FATAL_ERROR {
                unsafe PQclear(result)
                continue
            }
            unsafe PQclear(answer)
            unsafe answer = result
            // The server waits for data, or sends some: there is no more to come until that is done.
            let status = unsafe PQresultStatus(result)
            if status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH { break }
        }
        return try unsafe self.checked(answer, statement: statement, expecting: expecting)
    }

    private func fill(_ sql: SQL, _ binds: [any PostgresEncodable]) throws(PostgresError) {
        do {
            try self.parameters.fill(binds)
        } catch {
            throw self.noted(error.during(sql.name))
        }
    }

    /// The name a statement is prepared under for the types at hand.
    private func known(_ sql: SQL) throws(PostgresError) -> String? {
        guard let list = self.prepared[sql.name] else { return nil }
        for prepared in list where prepared.types == self.parameters.types && prepared.text == sql.text {
            return prepared.serverName
        }
        guard !list.contains(where: { $0.text != sql.text && $0.text != sqlNeverSent }) else {
            throw self.noted(
                PostgresError(reason: .misuse("two statements have the same name"), statement: sql.name)
            )
        }
        return nil
    }

    private func serverName(for sql: SQL) -> String {
        let earlier = self.prepared[sql.name]?.count ?? 0
        return earlier == 0 ? sql.name : "\(sql.name)#\(earlier)"
    }

    // MARK: Failures

    /// Refuses a statement after cancellation, and one inside a pipeline or COPY.
    func checkReady(_ statement: String?) throws(PostgresError) {
        try self.checkCancelled(during: statement)
        guard !self.isStreaming else {
            throw PostgresError(reason: .misuse("a statement inside a pipeline or COPY"), statement: statement)
        }
        guard !self.isCommitted else {
            throw PostgresError(reason: .misuse("a statement after COMMIT"), statement: statement)
        }
    }

    func checkCancelled(during statement: String?) throws(PostgresError) {
        if let scope = self.scope, scope.isRequested {
            throw self.noted(PostgresError(reason: .cancelled, statement: statement))
        }
    }

    /// Takes over a result, or throws what it says.
    func checked(
        _ pointer: OpaquePointer?,
        statement: String?,
        expecting: [ExecStatusType]
    ) throws(PostgresError) -> ResultHandle {
        guard let pointer = unsafe pointer else { throw self.noted(self.connectionFailure(statement: statement)) }
        let result = unsafe ResultHandle(pointer, statement: statement)
        guard expecting.contains(result.status) else { throw self.noted(self.failure(of: result)) }
        return result
    }

    /// Remembers a failure of the running unit.
    func noted(_ error: PostgresError) -> PostgresError {
        self.failure = error
        return error
    }

    /// What an error result means.
    private func failure(of result: ResultHandle) -> PostgresError {
        let state = result.errorField("C").map(SQLState.init(rawValue:))
        if unsafe PQstatus(self.pointer) == CONNECTION_BAD {
            self.isBroken = true
            return PostgresError(
                reason: .connectionLost,
                statement: result.statement,
                message: result.errorField("M") ?? "the server closed the connection",
                sqlState: state
            )
        }
        guard let state else {
            // An unexpected kind of result, such as COPY from `execute(unprepared:)`: what follows is unknown.
            self.isBroken = true
            return PostgresError(reason: .misuse("a statement of another kind"), statement: result.statement)
        }
        if state == .queryCanceled, let scope = self.scope, scope.isRequested {
            return PostgresError(reason: .cancelled, statement: result.statement, sqlState: state)
        }
        if state == .featureNotSupported || state == .undefinedStatement {
            // A table changed shape under a prepared statement: a fresh connection knows nothing of the old one.
            self.isBroken = true
        }
        // Class 22 quotes the value that does not fit.
        let message = state.errorClass == "22" ? "data exception" : result.errorField("M") ?? ""
        return PostgresError(
            reason: .server(state),
            statement: result.statement,
            message: message,
            constraint: result.errorField("n")
        )
    }

    /// What it means that libpq has no result at all.
    func connectionFailure(statement: String?) -> PostgresError {
        self.isBroken = true
        guard unsafe PQstatus(self.pointer) == CONNECTION_BAD else {
            return PostgresError(reason: .misuse("libpq refused a call"), statement: statement)
        }
        return PostgresError(reason: .connectionLost, statement: statement, message: "the connection broke")
    }
}

/// A statement that waits for the next one to be sent with.
struct QueuedStatement {
    let sql: SQL
    let binds: [any PostgresEncodable]
    /// Whether the unit fails when it gives no row.
    let needsRow: Bool
}

/// Stands for the text of a statement whose preparation failed; no statement has it.
private let sqlNeverSent = "\u{0}"
