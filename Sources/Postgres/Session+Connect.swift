import CPostgres
import Logging

extension Session {
    /// Older servers lack what the statements of the desk use.
    private static let oldestServer: Int32 = 140_000
    /// How often a connection that is being made looks whether its task was cancelled, in milliseconds.
    private static let glance: Int64 = 50

    /// Connects, checks the version and sets the session's limits; blocks the calling thread.
    ///
    /// - Throws: `connectionFailed`, or `cancelled`.
    static func open(
        _ configuration: PostgresConfiguration,
        scope: CancelScope?,
        logger: Logger
    ) throws(PostgresError) -> Session {
        let session = try Self.start(configuration, logger: logger)
        session.scope = scope
        do {
            try session.finishConnecting(within: configuration.connectTimeout)
        } catch {
            throw configuration.concealing(error)
        }
        session.enableCancelling()
        scope?.begin(session.cancelHandle)
        defer { scope?.begin(nil) }
        guard unsafe PQserverVersion(session.pointer) >= Self.oldestServer else {
            throw PostgresError(reason: .connectionFailed, message: "PostgreSQL 14 or newer is needed")
        }
        do {
            try session.run(unprepared: configuration.sessionSettings, name: "session settings")
        } catch {
            guard error.reason != .cancelled else { throw error }
            throw PostgresError(
                reason: .connectionFailed,
                statement: error.statement,
                message: error.message,
                sqlState: error.sqlState
            )
        }
        return session
    }

    private static func start(
        _ configuration: PostgresConfiguration,
        logger: Logger
    ) throws(PostgresError) -> Session {
        let parameters = configuration.connectionParameters
        var strings: [UnsafeMutablePointer<CChar>?] = unsafe []
        defer {
            for index in unsafe strings.indices { unsafe free(strings[index]) }
        }
        for (keyword, value) in parameters {
            unsafe strings.append(strdup(keyword))
            unsafe strings.append(strdup(value))
        }
        var keywords: [UnsafePointer<CChar>?] = unsafe []
        var values: [UnsafePointer<CChar>?] = unsafe []
        for index in stride(from: 0, to: unsafe strings.count, by: 2) {
            unsafe keywords.append(UnsafePointer(strings[index]))
            unsafe values.append(UnsafePointer(strings[index + 1]))
        }
        unsafe keywords.append(nil)
        unsafe values.append(nil)
        guard let pointer = unsafe PQconnectStartParams(keywords, values, 1) else {
            throw PostgresError(reason: .connectionFailed, message: "libpq has no memory")
        }
        return unsafe Session(adopting: pointer, logger: logger)
    }

    private func finishConnecting(within limit: Duration) throws(PostgresError) {
        let deadline = ContinuousClock.now.advanced(by: limit)
        guard unsafe PQstatus(self.pointer) != CONNECTION_BAD else { throw self.refusal() }
        var wanted = PGRES_POLLING_WRITING
        while wanted != PGRES_POLLING_OK {
            try self.checkCancelled(during: nil)
            let remaining = ContinuousClock.now.duration(to: deadline)
            guard remaining > .zero else {
                throw PostgresError(reason: .connectionFailed, message: "no connection within \(limit)")
            }
            let events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT
            var descriptor = pollfd(fd: self.socket, events: Int16(events), revents: 0)
            let patience = Int32(min(Self.glance, remaining.wholeMilliseconds))
            guard unsafe poll(&descriptor, 1, patience) != 0 else { continue }
            wanted = unsafe PQconnectPoll(self.pointer)
            guard wanted != PGRES_POLLING_FAILED else { throw self.refusal() }
        }
    }

    /// libpq's account of why there is no connection: hosts and role, and of a URI that it cannot read whatever stands there.
    private func refusal() -> PostgresError {
        let text = unsafe PQerrorMessage(self.pointer).map { unsafe String(cString: $0) } ?? ""
        // Its second line is indented by a tab.
        let lines = text.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }
        let message = lines.joined(separator: "; ")
        return PostgresError(reason: .connectionFailed, message: message)
    }
}
