import Desk
import IMAP
import IngestionPlan
import MIME

/// Lists mails with what identifies them under other UIDs.
enum MailListing {
    /// Flags, date, size and the digest of the Message-ID of every mail of `set`.
    static func identities(_ set: UIDSet, _ connection: IMAPConnection) async throws -> [ListedMail] {
        var mails: [ListedMail] = []
        var header: [UInt8] = []
        try await connection.fetchHeaders(set) { event in
            switch event {
            case .begin: header = []
            case .bytes(let bytes): if header.count < Self.headerLimit { header += bytes }
            case .abandoned: header = []
            case .end(let summary, _):
                let id = MailMessage.parse(header).messageID.flatMap { IDDigest(messageID: $0) }
                mails.append(ListedMail(summary, messageID: id))
                header = []
            }
        }
        return mails
    }

    /// A header longer than that is read so far, in bytes.
    private static let headerLimit = 256 * 1024
}

extension ListedMail {
    init(_ summary: MessageSummary) {
        self.init(summary, messageID: nil)
    }

    init(_ summary: MessageSummary, messageID: IDDigest?) {
        self.init(
            uid: summary.uid,
            flags: summary.flags,
            modSeq: summary.modSeq,
            arrival: summary.internalDate.map { Timestamp(microseconds: $0) },
            size: summary.size,
            messageID: messageID
        )
    }
}

extension ObservedFlags {
    init(_ row: MessageFlags) {
        self.init(uid: row.uid, flags: row.flags, modSeq: row.modSeq)
    }
}
