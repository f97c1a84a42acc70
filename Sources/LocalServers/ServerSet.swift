/// A private PostgreSQL and a private Dovecot in one folder.
package struct ServerSet: Sendable {
    /// What holds both.
    package let folder: ServerFolder
    /// The database server.
    package let postgres: PrivatePostgres
    /// The mail server.
    package let dovecot: PrivateDovecot
}

/// Runs `body` with both servers up, and leaves nothing behind: not when it throws, not when its task is cancelled, not
/// when this process is killed.
///
/// - Parameters:
///   - durable: whether PostgreSQL's commits reach the disk.
///   - format: how Dovecot stores mail.
///   - users: the accounts it has from the start.
///   - extraConfiguration: lines for Dovecot that win over ours.
///   - keep: whether both stay up, and outlive this process, once `body` has returned. Within `body`,
///     ``ServerFolder/keep()`` of the set's folder gives the command that ends them.
///   - body: what to do with them.
/// - Returns: what `body` returns.
/// - Throws: ``LocalServersError`` when a server cannot be started, and whatever `body` throws.
package func withServers<Result>(
    durable: Bool = true,
    format: PrivateDovecot.Format = .maildir,
    users: [PrivateDovecot.User] = [],
    extraConfiguration: String = "",
    keep: Bool = false,
    _ body: (ServerSet) async throws -> Result
) async throws -> Result {
    let folder = try ServerFolder()
    do {
        async let starting = PrivatePostgres.start(in: folder, durable: durable)
        let dovecot = try await PrivateDovecot.start(
            in: folder,
            format: format,
            users: users,
            extraConfiguration: extraConfiguration
        )
        let result = try await body(ServerSet(folder: folder, postgres: try await starting, dovecot: dovecot))
        if keep { _ = try folder.keep() }
        await folder.remove()
        return result
    } catch {
        await folder.removeEvenIfKept()
        throw error
    }
}
