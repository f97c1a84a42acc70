import Synchronization

/// Carries a text out of a closure.
final class Mailslot: Sendable {
    private let content = Mutex("")

    var text: String { self.content.withLock { $0 } }

    func put(_ text: String) {
        self.content.withLock { $0 = text }
    }
}
