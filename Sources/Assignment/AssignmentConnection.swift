import IMAP

/// The one connection of the mark writer, kept open between passes.
final class AssignmentConnection {
    /// After this long without a command the link is tried before anything depends on it: a half-open one would cost
    /// a recovery.
    static let trusted = Duration.seconds(20)

    private let connection: IMAPConnection
    private var lastUsed = ContinuousClock.now

    init(_ connection: IMAPConnection) {
        self.connection = connection
    }

    /// Runs `body` with the connection.
    func use<R>(_ body: (IMAPConnection) async throws -> R) async throws -> R {
        if self.lastUsed.duration(to: .now) > Self.trusted { try await self.connection.noop() }
        let result = try await body(self.connection)
        self.lastUsed = .now
        return result
    }
}

/// Why a pass of the assignment service ended before its work was done.
package enum AssignmentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Marks were turned on while the service worked without a connection: it comes back with one.
    case needsConnection

    /// For people: what happened and, where known, what to do.
    package var description: String { "marks were turned on: connecting to the mail server" }
}
