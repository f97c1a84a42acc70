import Desk
import DeskStore
import IMAP
import IngestionPlan
import Logging
import Synchronization

/// The plan that the listeners of one mailbox follow; changed by who synchronises it.
final class CurrentPlan: Sendable {
    private let plan = Mutex(WaitPlan.none)
    /// Since when the server has no connection to spare; nil where it has.
    private let shortSince = Mutex<ContinuousClock.Instant?>(nil)

    private let leftOver = Mutex(false)

    /// Whether something could not be filed or is to be listed again, so that it is worth another look before long.
    var hasLeftOver: Bool {
        get { self.leftOver.withLock { $0 } }
        set { self.leftOver.withLock { $0 = newValue } }
    }

    /// Servers count connections that are gone for a while longer.
    private static let shortage = Duration.seconds(15 * 60)

    private let changed = Mutex<[Alarm]>([])

    var value: WaitPlan {
        get { self.plan.withLock { $0 } }
        set {
            let isNew = self.plan.withLock { plan in
                defer { plan = newValue }
                return plan != newValue
            }
            guard isNew else { return }
            for alarm in self.changed.withLock({ $0 }) { alarm.ring() }
        }
    }

    /// Rings whenever the plan is another one.
    func changes() -> Alarm {
        let alarm = Alarm()
        self.changed.withLock { $0.append(alarm) }
        return alarm
    }

    /// The server refused a connection because there were too many.
    func refusedConnection() { self.shortSince.withLock { $0 = .now } }

    /// Whether it did so a short time ago.
    var isShort: Bool {
        self.shortSince.withLock { $0.map { $0.duration(to: .now) < Self.shortage } ?? false }
    }
}

/// One connection that listens to a mailbox's folders; what it hears is only a hint to look now.
struct MailboxListener {
    let database: DeskDatabase
    let name: String
    /// Which listener of the plan it is.
    let index: Int
    let plan: CurrentPlan
    let alarm: Alarm
    let configuration: @Sendable (MailboxRecord) async throws -> IMAPConfiguration
    let delay: @Sendable (inout BackOff, any Error) -> Duration
    let logger: Logger

    /// Before a connection that ended without a fault is made anew.
    private static let pause = Duration.seconds(5)

    /// Listens until its task is cancelled; a connection that ends is made anew.
    func run() async throws {
        var backOff = BackOff()
        var heartbeat = Heartbeat()
        let changes = self.plan.changes()
        while !Task.isCancelled {
            _ = changes.take()
            guard let listener = self.listener else {
                await changes.wait()
                continue
            }
            var listensSince = ContinuousClock.now
            do {
                guard let record = try await self.database.unit({ try MailboxQueries.load($0, name: self.name) })
                else { return }
                let configuration = try await self.configuration(record)
                try await IMAPClient.withConnection(configuration, logger: self.logger) { connection in
                    try await self.prepare(connection, listener)
                    // Another connection fetches the mail; to end the exchange now would only keep the server from it.
                    connection.onArrival = { self.alarm.ring(newsOf: listener.selected) }
                    // Whatever happened between the last look and now.
                    self.alarm.ring()
                    while !Task.isCancelled, self.listener == listener, connection.profile.waiting != .poll {
                        listensSince = .now
                        let end = try await connection.idle(upTo: heartbeat.next(share: .random(in: 0...1)))
                        _ = connection.takeUnsolicited()
                        backOff = BackOff()
                        heartbeat.answered()
                        switch end {
                        case .serverActivity: self.alarm.ring()
                        case .timeout: break
                        case .interrupted: return
                        }
                        if connection.takeNotifyOverflow() { try await self.prepare(connection, listener) }
                    }
                }
                // The plan changed, or what it needs was latched off: the next look makes another.
                self.alarm.ring()
                if self.listener == listener { try await Task.sleep(for: Self.pause) }
            } catch is CancellationError {
                return
            } catch {
                if Task.isCancelled { return }
                if let error = error as? IMAPError {
                    if error.meansTooManyConnections { self.plan.refusedConnection() }
                    if error.isTransient { heartbeat.died(after: listensSince.duration(to: .now)) }
                }
                self.logger.info("listening to the mailbox ended", metadata: ["error": "\(error)"])
                self.alarm.ring()
                try await Task.sleep(for: self.delay(&backOff, error))
            }
        }
    }

    private var listener: WaitPlan.Listener? {
        let listeners = self.plan.value.listeners
        return self.index < listeners.count ? listeners[self.index] : nil
    }

    private func prepare(_ connection: IMAPConnection, _ listener: WaitPlan.Listener) async throws {
        switch listener {
        case .idle(let folder):
            _ = try await connection.select(FolderName(raw: folder), readOnly: true)
        case .notify(let selected, let others):
            _ = try await connection.select(FolderName(raw: selected), readOnly: true)
            // Where it is refused, IDLE on the selected folder is still worth something until the next plan.
            _ = try await connection.notify(of: others.map { FolderName(raw: $0) })
        }
    }
}

extension UnsolicitedEvent {
    /// A mail came into the folder that is open.
    var isArrival: Bool {
        if case .exists = self { true } else { false }
    }
}

extension WaitPlan.Listener {
    /// The folder that is open while it listens.
    var selected: [UInt8] {
        switch self {
        case .notify(let selected, _): selected
        case .idle(let folder): folder
        }
    }
}
