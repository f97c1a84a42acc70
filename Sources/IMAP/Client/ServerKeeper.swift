/// Who keeps account of a mailbox's server, in the database say: asked before a connection is made, told how it went.
///
/// What it cannot write down it must not throw: a connection is more important than its account.
package protocol ServerKeeper: Sendable {
    /// Throws ``IMAPError`` with `.heldBack` where nobody may connect now: the server asked for a pause, or refused the log-in
    /// too often.
    func mayConnect() async throws(IMAPError)
    /// The log-in was accepted.
    func connected() async
    /// A connection, or what was done on it, failed.
    func failed(with error: IMAPError) async
    /// The server contradicted its own offer, which is not used any more.
    func contradicted(_ latch: ExtensionLatch) async
}
