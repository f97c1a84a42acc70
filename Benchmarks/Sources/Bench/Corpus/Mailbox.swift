import Foundation
import LocalServers

/// Puts the corpus into the private Dovecot.
enum Mailbox {
    /// Writes every message as a file in order of arrival, then has Dovecot index them all.
    ///
    /// - Returns: how many bytes they have.
    static func fill(
        _ dovecot: PrivateDovecot,
        _ account: PrivateDovecot.User,
        from corpus: Corpus
    ) throws -> Int {
        var bytes = 0
        try dovecot.store(count: corpus.count, for: account) { index in
            let mail = corpus.mail(index)
            bytes += mail.bytes.count
            return PrivateDovecot.StoredMail(folder: mail.folder, bytes: mail.bytes, arrived: mail.arrived)
        }
        // Unmeasured: the indexes are made and the files are in memory, for every contestant alike. Dovecot reads a folder
        // anew at each SELECT until it has seen it more than a second after its last change (MAILDIR_SYNC_SECS).
        Thread.sleep(forTimeInterval: 3)
        let count = try RawFetch.run(
            port: dovecot.imapPort,
            user: account.name,
            password: account.password,
            folders: ["INBOX", "Sent"],
            opening: "SELECT"
        )
        guard count == corpus.count else { throw BenchmarkError("Dovecot shows \(count) of \(corpus.count) messages") }
        return bytes
    }
}
