import Synchronization

/// What all connections to one mailbox's server share: which offers it contradicted, and which commands ended connections.
///
/// One for each mailbox and process; who owns it stores ``takeUnsaved()``, so that other processes know as well.
package final class ServerMemory: Sendable {
    private let record = Mutex(ServerRecord())
    private let measure = Mutex(LinkMeasure())

    /// Knows nothing yet.
    package init() {}

    /// Every latch of this process, stored or not.
    package var latches: [IMAPExtension: String] { self.record.withLock { $0.latches } }

    /// What the link to the server is like.
    var link: LinkMeasure { self.measure.withLock { $0 } }

    func answered(after time: Duration) { self.measure.withLock { $0.answered(after: time) } }

    func received(_ bytes: Int, after time: Duration) { self.measure.withLock { $0.received(bytes, after: time) } }

    /// Latches that are to be stored; each is given once.
    package func takeUnsaved() -> [ExtensionLatch] { self.record.withLock { $0.takeUnsaved() } }

    /// Forgets latches that were stored and are stored no more: a person took them away.
    package func forget(allBut stored: Set<IMAPExtension>) { self.record.withLock { $0.forget(allBut: stored) } }

    func contradicted(_ latch: ExtensionLatch) -> Bool { self.record.withLock { $0.contradicted(latch) } }

    func answered(_ name: IMAPExtension) { self.record.withLock { $0.answered(name) } }

    func connectionEnded(during name: IMAPExtension, verb: String) -> ExtensionLatch? {
        self.record.withLock { $0.connectionEnded(during: name, verb: verb) }
    }
}
