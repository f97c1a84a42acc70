import LocalServers

/// A mail client that marks and moves what it is told to, while another connection watches, as one does while Baton works.
///
/// So both are timed alike: until the watcher, who asks again and again and takes its share of the machine, has seen it.
struct BareClient {
    private let order: AsyncStream<String>.Continuation
    private let watcher: ObserverClient

    /// Runs `body` with a client of the account that is logged in, and somebody who watches it.
    static func with<R>(
        _ servers: ServerSet,
        _ account: PrivateDovecot.User,
        _ body: (BareClient) async throws -> R
    ) async throws -> R {
        let watcher = try servers.dovecot.observer(as: account)
        try watcher.create(Marks.folder)
        let (orders, order) = AsyncStream.makeStream(of: String.self)
        let (logins, login) = AsyncStream.makeStream(of: Void.self)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { login.finish() }
                let client = try servers.dovecot.observer(as: account)
                login.yield()
                for await uids in orders {
                    _ = try client.select("INBOX")
                    _ = try client.command("UID STORE \(uids) +FLAGS.SILENT (\(Marks.keyword))")
                    _ = try client.command("UID MOVE \(uids) \"\(Marks.folder)\"")
                }
                client.logout()
            }
            for await _ in logins { break }
            let result = try await body(BareClient(order: order, watcher: watcher))
            order.finish()
            try await group.waitForAll()
            watcher.logout()
            return result
        }
    }

    /// Selects INBOX, marks these mails and moves them; seconds until `count` are seen where they belong, with their keyword.
    func apply(_ uids: String, seen count: Int) throws -> Double {
        let start = ContinuousClock.now
        self.order.yield(uids)
        return try Marks.awaitMarks(count, self.watcher, since: start)
    }

    /// The same, until `count` are seen where they belong.
    func applyOne(_ uid: Int, seen count: Int) throws -> Double {
        let start = ContinuousClock.now
        self.order.yield("\(uid)")
        try Marks.awaitCount(count, self.watcher, since: start)
        return (ContinuousClock.now - start).seconds
    }
}
