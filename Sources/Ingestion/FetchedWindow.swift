import DeskStore

/// Mails whose bytes and placements are committed, on their way from fetcher to filer.
///
/// A convenience: what is lost of it is in the database, which stays the truth after a crash. The first attempt of each
/// was counted in the transaction that committed it.
struct FetchedWindow: Sendable {
    /// A mail with its bytes, where they are in memory.
    struct Mail: Sendable {
        let mail: UnfiledMail
        let body: [UInt8]?
    }

    /// In order of arrival.
    let mails: [Mail]

    /// Brings mails that wait and the bytes that were kept in memory together.
    init(_ unfiled: [UnfiledMail], _ whole: [WholeMail]) {
        let bodies = Dictionary(whole.map { ($0.digest, $0.body) }) { first, _ in first }
        self.mails = unfiled.sorted(by: UnfiledMail.arrivedBefore).map { Mail(mail: $0, body: bodies[$0.digest]) }
    }
}
