import Desk
import Logging
import Postgres
import Synchronization

/// The one database session on which this process keeps the locks of all its leases, opened when it is first needed.
///
/// However many mailboxes a process works on or stands by for, this is one connection of the database. Nothing that waits for
/// a lock of others runs on it, since the renewals of all leases would wait too. When it is lost, so are the locks: others may
/// take over at once, the holders notice at their next unit of work or renewal, and whoever asks for a lease then opens it again.
final class LeaseSession: Sendable {
    private struct State {
        var link: LeaseLink?
        var isClosed = false
    }

    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let state = Mutex(State())

    init(configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// The present session, or a new one in the place of one that is over.
    ///
    /// - Throws: `closed` after ``close()``.
    func link() async throws -> LeaseLink {
        let present = self.state.withLock(\.link)
        if let present, await present.connection.isUsable { return present }
        return try self.state.withLock { state in
            guard !state.isClosed else { throw PostgresError(reason: .closed) }
            if let link = state.link, link !== present { return link }
            let link = LeaseLink(PostgresConnection(configuration: self.configuration, logger: self.logger))
            state.link = link
            return link
        }
    }

    /// Ends a session of which it is not known which locks it has.
    func drop(_ link: LeaseLink) async {
        self.state.withLock { state in
            if state.link === link { state.link = nil }
        }
        await link.connection.close()
    }

    /// Ends the session; nobody gets another one.
    func close() async {
        let link = self.state.withLock { state in
            defer { (state.link, state.isClosed) = (nil, true) }
            return state.link
        }
        await link?.connection.close()
    }
}
