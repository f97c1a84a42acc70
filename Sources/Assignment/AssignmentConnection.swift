import Desk
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

    /// How much one command may carry, and what the server can do.
    var link: MarkLink { MarkLink(self.connection) }

    /// Whether the link is to be tried before anything depends on it.
    var isSilentForLong: Bool { self.lastUsed.duration(to: .now) > Self.trusted }

    /// Runs `body` with the connection, which is tried first where it was silent for long; or by the body.
    func use<R>(isTriedByBody: Bool = false, _ body: (IMAPConnection) async throws -> R) async throws -> R {
        if !isTriedByBody, self.isSilentForLong { try await self.connection.noop() }
        let result = try await body(self.connection)
        self.lastUsed = .now
        return result
    }
}

/// What a connection allows the writing of marks, as a value.
struct MarkLink: Sendable {
    let abilities: MarkWriteStateMachine.Abilities
    private let longestSet: Int
    private let messageLimit: Int?

    init(_ connection: IMAPConnection) {
        let capabilities = connection.capabilities
        self.abilities = MarkWriteStateMachine.Abilities(
            hasMove: capabilities.hasMove,
            hasUIDPlus: capabilities.hasUIDPlus
        )
        self.longestSet = capabilities.longestSet
        self.messageLimit = capabilities.messageLimit
    }

    /// Sets that one command of this server's takes each.
    func pieces(_ uids: [UInt32]) -> [UIDSet] {
        UIDSet(uids).split(maxLength: self.longestSet, maxCount: self.messageLimit)
    }
}

/// Why a pass of the assignment service ended before its work was done.
package enum AssignmentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Marks were turned on while the service worked without a connection: it comes back with one.
    case needsConnection

    /// For people: what happened and, where known, what to do.
    package var description: String { "marks were turned on: connecting to the mail server" }
}
