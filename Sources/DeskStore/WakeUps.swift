package import Desk
import Logging
import Postgres
import Synchronization

/// Passes on what one listening connection hears to everybody in this process who waits for news of a mailbox.
final class WakeUpBell: Sendable {
    private struct State {
        var next = 0
        var listeners: [LeaseSubject: [Int: AsyncStream<Void>.Continuation]] = [:]
    }

    private let state = Mutex(State())

    /// News of one service and mailbox are told to `continuation` from now on; the number to leave by.
    func join(_ subject: LeaseSubject, _ continuation: AsyncStream<Void>.Continuation) -> Int {
        self.state.withLock { state in
            state.next += 1
            state.listeners[subject, default: [:]][state.next] = continuation
            return state.next
        }
    }

    /// From now on they are not.
    func leave(_ subject: LeaseSubject, _ number: Int) {
        self.state.withLock { state in
            state.listeners[subject]?[number] = nil
            if state.listeners[subject]?.isEmpty == true { state.listeners[subject] = nil }
        }
    }

    /// Wakes who waits for this.
    func ring(_ subject: LeaseSubject) {
        for continuation in self.state.withLock({ $0.listeners[subject].map { Array($0.values) } ?? [] }) {
            continuation.yield()
        }
    }

    /// Notifications may have been missed: wakes everybody.
    func ringAll() {
        for continuation in self.state.withLock({ $0.listeners.values.flatMap(\.values) }) { continuation.yield() }
    }
}

extension DeskDatabase {
    /// Before listening is tried again that could not begin.
    private static let listenPause = Duration.seconds(1)

    /// Runs `body` with a database that listens for news on one connection, for everybody who is given it.
    ///
    /// The connection is made while the body runs already, and made again whenever it is lost; then everybody looks.
    package func withSharedWakeUps<R>(_ body: (DeskDatabase) async throws -> R) async throws -> R {
        let bell = WakeUpBell()
        var shared = self
        shared.bell = bell
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.listen(for: bell) }
            defer { group.cancelAll() }
            return try await body(shared)
        }
    }

    /// Runs `body` with a stream of wake-ups for one service on one mailbox.
    ///
    /// Something has changed, or notifications may have been missed: a reason to look, no more.
    package func withWakeUps<R>(
        mailbox: Identifier<Mailbox>,
        service: LeasedService,
        _ body: (AsyncStream<Void>) async throws -> R
    ) async throws -> R {
        // More than one that nobody has read yet are one.
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        defer { continuation.finish() }
        return try await self.withWakeUps(mailbox: mailbox, service: service, telling: continuation) {
            try await body(stream)
        }
    }

    /// The same, told to who waits for other things, too: without a task in between that would have to run first.
    package func withWakeUps<R>(
        mailbox: Identifier<Mailbox>,
        service: LeasedService,
        telling continuation: AsyncStream<Void>.Continuation,
        _ body: () async throws -> R
    ) async throws -> R {
        guard let bell = self.bell else {
            return try await self.withSharedWakeUps { shared in
                try await shared.withWakeUps(mailbox: mailbox, service: service, telling: continuation, body)
            }
        }
        let subject = LeaseSubject(mailbox: mailbox, service: service)
        let number = bell.join(subject, continuation)
        defer { bell.leave(subject, number) }
        return try await body()
    }

    private func listen(for bell: WakeUpBell) async {
        while !Task.isCancelled {
            do {
                try await PostgresListener(configuration: self.configuration, logger: self.logger)
                    .withNotifications(channels: ["baton"]) { notifications in
                        bell.ringAll()
                        for await notification in notifications {
                            switch notification {
                            case .reconnected: bell.ringAll()
                            case .notified(_, let payload): Self.subject(payload).map(bell.ring)
                            }
                        }
                    }
            } catch {
                if Task.isCancelled { return }
                self.logger.warning("cannot listen", metadata: ["error": "\(error)"])
                // Woken by the end of the work: the loop looks.
                try? await Task.sleep(for: Self.listenPause)
            }
        }
    }

    /// What a payload is about: the mailbox's number, a colon, the service.
    private static func subject(_ payload: String) -> LeaseSubject? {
        let words = payload.split(separator: ":", maxSplits: 1).map(String.init)
        guard words.count == 2, let number = Int64(words[0]), let service = LeasedService(rawValue: words[1]) else {
            return nil
        }
        return LeaseSubject(mailbox: Identifier(number), service: service)
    }
}
