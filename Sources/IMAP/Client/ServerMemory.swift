import Synchronization

/// What all connections to one mailbox's server share: which offers it contradicted, and which commands ended connections.
///
/// One for each mailbox and process; who owns it stores ``takeUnsaved()``, so that other processes know as well.
package final class ServerMemory: Sendable {
    private let record = Mutex(ServerRecord())

    /// Knows nothing yet.
    package init() {}

    /// Every latch of this process, stored or not.
    package var latches: [IMAPExtension: String] { self.record.withLock { $0.latches } }

    /// Latches that are to be stored; each is given once.
    package func takeUnsaved() -> [ExtensionLatch] { self.record.withLock { $0.takeUnsaved() } }

    /// Storing these failed: they are given again.
    package func notSaved(_ latches: [ExtensionLatch]) { self.record.withLock { $0.notSaved(latches) } }

    func contradicted(_ latch: ExtensionLatch) -> Bool { self.record.withLock { $0.contradicted(latch) } }

    func answered(_ name: IMAPExtension) { self.record.withLock { $0.answered(name) } }

    func connectionEnded(during name: IMAPExtension, verb: String) -> ExtensionLatch? {
        self.record.withLock { $0.connectionEnded(during: name, verb: verb) }
    }
}
