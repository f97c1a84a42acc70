import CPostgres

/// Where the database is and how long to wait for it.
///
/// What the URI says wins over the keep-alive settings here; `nil` leaves everything to libpq's environment (`PGHOST`, `PGSERVICE`, …).
/// The URI may hold a password, so nothing prints it.
package struct PostgresConfiguration: Sendable, Equatable {
    /// A `postgresql://` URI or a `key=value` string, as libpq takes it.
    package var uri: String?
    /// What `pg_stat_activity` shows, unless the URI says otherwise.
    package var applicationName: String
    /// After this a statement fails with 57014; zero is never.
    package var statementTimeout: Duration
    /// After this a session that does nothing inside a transaction is ended; zero is never.
    package var idleInTransactionTimeout: Duration
    /// After this a wait for a lock fails with 55P03; zero is never.
    package var lockTimeout: Duration
    /// How long to connect, over all addresses of all hosts.
    package var connectTimeout: Duration
    /// Silence after which the kernel asks whether the other side is there.
    package var keepaliveIdle: Duration
    /// Between two such questions.
    package var keepaliveInterval: Duration
    /// Questions without an answer after which the connection is dead.
    package var keepaliveCount: Int
    /// How long sent data may stay unacknowledged.
    package var tcpUserTimeout: Duration

    /// Sets what differs from the defaults, which suit transactions of less than 30 s.
    package init(
        uri: String?,
        applicationName: String = "baton",
        statementTimeout: Duration = .seconds(30),
        idleInTransactionTimeout: Duration = .seconds(25),
        lockTimeout: Duration = .seconds(10),
        connectTimeout: Duration = .seconds(10),
        keepaliveIdle: Duration = .seconds(30),
        keepaliveInterval: Duration = .seconds(10),
        keepaliveCount: Int = 3,
        tcpUserTimeout: Duration = .seconds(30)
    ) {
        self.uri = uri
        self.applicationName = applicationName
        self.statementTimeout = statementTimeout
        self.idleInTransactionTimeout = idleInTransactionTimeout
        self.lockTimeout = lockTimeout
        self.connectTimeout = connectTimeout
        self.keepaliveIdle = keepaliveIdle
        self.keepaliveInterval = keepaliveInterval
        self.keepaliveCount = keepaliveCount
        self.tcpUserTimeout = tcpUserTimeout
    }

    /// Takes a URI that libpq can read.
    ///
    /// - Throws: `misuse`, without libpq's message, since that quotes parts of the URI.
    package static func parse(uri: String) throws(PostgresError) -> PostgresConfiguration {
        guard conninfo(uri, { _, _ in }) else {
            throw PostgresError(reason: .misuse("the database URI"), message: "it is not one that libpq can read")
        }
        return PostgresConfiguration(uri: uri)
    }

    /// Whether the URI holds a password, which a command line would show to everybody on the machine.
    package var hasPassword: Bool {
        guard let uri = self.uri else { return false }
        var found = false
        let isReadable = conninfo(uri) { keyword, value in
            if keyword.hasSuffix("password"), !value.isEmpty { found = true }
        }
        // What cannot be read cannot be shown to be free of a password.
        return found || !isReadable
    }
}

extension PostgresConfiguration {
    /// Whether `@` or `/` stand in what should be a password as they are: libpq would take the rest of it for a host or a
    /// database, and name it.
    private var hasStrayDelimiters: Bool {
        guard let uri = self.uri, let start = uri.firstRange(of: "://") else { return false }
        let body = uri[start.upperBound...]
        // User and password end at the first of these; without them there is none.
        guard let end = body.firstIndex(where: { $0 == "@" || $0 == "/" }) else { return false }
        return body[body.index(after: end)...].prefix { $0 != "?" }.contains("@")
    }

    /// An error of a connection that could not be made, without what libpq or the server repeats of a password.
    func concealing(_ error: PostgresError) -> PostgresError {
        guard let uri = self.uri, error.reason == .connectionFailed else { return error }
        var secrets: [String] = []
        var isMeant = !self.hasStrayDelimiters
        let isReadable = conninfo(uri) { keyword, value in
            if keyword.hasSuffix("password"), !value.isEmpty { secrets.append(value) }
            let isNumbers = value.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2c }
            if keyword == "port", !isNumbers { isMeant = false }
        }
        guard isReadable, isMeant else {
            return PostgresError(
                reason: .connectionFailed,
                message: "its URI cannot be read; in a password, write % as %25, @ as %40 and / as %2F"
            )
        }
        guard secrets.contains(where: { error.message.contains($0) }) else { return error }
        return PostgresError(
            reason: .connectionFailed,
            message: secrets.reduce(error.message) { $0.replacing($1, with: "‹redacted›") },
            sqlState: error.sqlState
        )
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomReflectable {
    /// The name alone.
    package var description: String { "PostgresConfiguration(\(self.applicationName))" }
    /// Nothing, so that `dump` shows no password.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension PostgresConfiguration {
    /// Keywords and values for PQconnectStartParams, later ones winning over earlier ones.
    var connectionParameters: [(keyword: String, value: String)] {
        var parameters = [
            ("fallback_application_name", self.applicationName),
            ("keepalives", "1"),
            ("keepalives_idle", "\(max(1, self.keepaliveIdle.components.seconds))"),
            ("keepalives_interval", "\(max(1, self.keepaliveInterval.components.seconds))"),
            ("keepalives_count", "\(self.keepaliveCount)"),
            ("tcp_user_timeout", "\(self.tcpUserTimeout.wholeMilliseconds)"),
        ]
        if let uri = self.uri { parameters.append(("dbname", uri)) }
        parameters.append(("client_encoding", "UTF8"))
        return parameters
    }

    /// What a session is set to before its first use; the statement timeout last, so that it does not end this.
    var sessionSettings: String {
        """
        SET idle_in_transaction_session_timeout = \(self.idleInTransactionTimeout.wholeMilliseconds);
        SET lock_timeout = \(self.lockTimeout.wholeMilliseconds);
        SET TimeZone = 'UTC';
        SET IntervalStyle = 'iso_8601';
        SET DateStyle = 'ISO';
        SET statement_timeout = \(self.statementTimeout.wholeMilliseconds);
        """
    }
}

extension Duration {
    /// For settings in milliseconds, where 0 means never: what is short but not zero counts as one.
    var wholeMilliseconds: Int64 {
        let milliseconds = self.components.seconds * 1_000 + self.components.attoseconds / 1_000_000_000_000_000
        return milliseconds == 0 && self > .zero ? 1 : milliseconds
    }
}

/// Shows each setting of a URI; false when libpq cannot read it.
private func conninfo(_ uri: String, _ body: (_ keyword: String, _ value: String) -> Void) -> Bool {
    guard let options = unsafe PQconninfoParse(uri, nil) else { return false }
    defer { unsafe PQconninfoFree(options) }
    var option = unsafe options
    while let keyword = unsafe option.pointee.keyword {
        if let value = unsafe option.pointee.val {
            body(unsafe String(cString: keyword), unsafe String(cString: value))
        }
        unsafe option += 1
    }
    return true
}
