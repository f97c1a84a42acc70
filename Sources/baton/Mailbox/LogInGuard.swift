import Desk

/// Whether a log-in may be tried: providers lock accounts that are tried too often with a wrong password.
///
/// Three refusals in a row, by whatever process on whatever machine, and nobody tries again until the credential may have
/// changed. Free of I/O.
enum LogInGuard {
    /// Log-ins refused in a row after which nobody tries again by himself.
    static let tries = 3
    /// A command may print another token each time and cannot be looked at from outside: it is tried again after so long.
    static let unknownAge = Duration.seconds(3600)

    enum Verdict: Equatable, Sendable {
        case mayTry
        /// The credential may be another one: what was refused counts no more.
        case startsAnew
        case stopped
    }

    /// `changedAt` is when the credential last changed, nil where nobody can tell.
    static func verdict(refusals: Int, refusedAt: Timestamp?, changedAt: Timestamp?, now: Timestamp) -> Verdict {
        guard refusals >= Self.tries, let refusedAt else { return .mayTry }
        guard let changedAt else {
            return now.duration(since: refusedAt) >= Self.unknownAge ? .mayTry : .stopped
        }
        return changedAt > refusedAt ? .startsAnew : .stopped
    }
}
