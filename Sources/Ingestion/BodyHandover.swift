import Synchronization

/// Small bodies between fetcher and filer of one process, so that the filer need not read them back.
///
/// A convenience only: bounded, and what is not here is in the database, which stays the truth after a crash.
final class BodyHandover: Sendable {
    /// Bytes kept at most.
    static let limit = 24 * 1024 * 1024

    private struct State {
        var bodies: [[UInt8]: [UInt8]] = [:]
        var bytes = 0
    }

    private let state = Mutex(State())
    private let wake: AsyncStream<Void>.Continuation
    /// Yields when there may be something new to file.
    let wakeUps: AsyncStream<Void>

    init() {
        (self.wakeUps, self.wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func offer(_ mails: [BodyCollector.Small]) {
        self.state.withLock { state in
            for mail in mails where state.bytes + mail.body.count <= Self.limit {
                guard state.bodies.updateValue(mail.body, forKey: mail.digest) == nil else { continue }
                state.bytes += mail.body.count
            }
        }
    }

    /// Takes a body out.
    func take(_ digest: [UInt8]) -> [UInt8]? {
        self.state.withLock { state in
            guard let body = state.bodies.removeValue(forKey: digest) else { return nil }
            state.bytes -= body.count
            return body
        }
    }

    func horizonMoved() {
        self.wake.yield()
    }

    /// Nothing more will be offered.
    func finish() {
        self.wake.finish()
    }
}
