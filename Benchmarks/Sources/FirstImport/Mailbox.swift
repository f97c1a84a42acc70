import LocalServers

/// Puts the corpus into the private Dovecot.
enum Mailbox {
    /// Appends every message in order of arrival.
    ///
    /// - Returns: how many bytes they have.
    static func fill(
        _ dovecot: PrivateDovecot,
        _ account: PrivateDovecot.User,
        from corpus: Corpus
    ) throws -> (bytes: Int, sent: Int) {
        let observer = try dovecot.observer(as: account)
        defer { observer.logout() }
        var (bytes, sent) = (0, 0)
        for index in 0..<corpus.count {
            let mail = corpus.mail(index)
            bytes += mail.bytes.count
            if mail.folder == "Sent" { sent += 1 }
            _ = try observer.append(mail.bytes, to: mail.folder, internalDate: MailDate.internalDate(mail.arrived))
        }
        return (bytes, sent)
    }
}
