import Desk
import IMAP
import IngestionPlan
import MIME

/// Lists mails with what identifies them under other UIDs.
enum MailListing {
    /// Flags, date and size of every mail in these ranges.
    ///
    /// A large folder is asked for in slices, so that of the answers no more is in memory than what is kept of them: in All the
    /// server's names and labels too.
    static func summaries(
        _ ranges: [ClosedRange<UInt32>],
        isAll: Bool = false,
        _ connection: IMAPConnection
    ) async throws -> [ListedMail] {
        var mails: [ListedMail] = []
        // Thousands of mails have the same few sets of flags and labels.
        var words: [[String]: [String]] = [:]
        func shared(_ list: [String]?) -> [String]? {
            guard let list else { return nil }
            if let known = words[list] { return known }
            if words.count < Self.sharedWords { words[list] = list }
            return list
        }
        for slice in self.slices(ranges, uidNext: connection.selected?.uidNext ?? 0) {
            for summary in try await connection.fetchSummaries(UIDSet(ranges: slice)) {
                mails.append(
                    ListedMail(
                        summary,
                        flags: shared(summary.flags),
                        emailID: isAll ? summary.objectID?.text : nil,
                        labels: isAll ? shared(summary.labels) : nil
                    )
                )
            }
        }
        return mails
    }

    /// Cuts what is asked for up to UIDNEXT into slices, the last of them open as the last range was.
    static func slices(_ ranges: [ClosedRange<UInt32>], uidNext: UInt32) -> [[ClosedRange<UInt32>]] {
        guard ranges.count == 1, let all = ranges.first, uidNext > all.lowerBound else { return [ranges] }
        let width = max(Self.slice, (uidNext - all.lowerBound) / Self.mostSlices)
        var slices: [[ClosedRange<UInt32>]] = []
        var lower = all.lowerBound
        while lower < uidNext, uidNext - lower > width, lower + width <= all.upperBound {
            slices.append([lower...(lower + width - 1)])
            lower += width
        }
        return slices + [[lower...all.upperBound]]
    }

    /// UIDs in one slice, where they are not sparse.
    private static let slice: UInt32 = 2_000
    private static let mostSlices: UInt32 = 100
    /// So many different sets of flags or labels are kept once each.
    private static let sharedWords = 1_000

    /// Flags, date, size and the digest of the Message-ID of every mail of `set`.
    static func identities(_ set: UIDSet, _ connection: IMAPConnection) async throws -> [ListedMail] {
        var mails: [ListedMail] = []
        var header: [UInt8] = []
        try await connection.fetchHeaders(set) { event in
            switch event {
            case .begin: header = []
            case .bytes(let bytes): if header.count < Self.headerLimit { header.append(bytes) }
            case .abandoned: header = []
            case .end(let summary, _):
                let id = MailMessage.parse(header).messageID.flatMap { IDDigest(messageID: $0) }
                mails.append(
                    ListedMail(summary, flags: summary.flags, messageID: id, emailID: summary.objectID?.text)
                )
                header = []
            }
        }
        return mails
    }

    /// A header longer than that is read so far, in bytes.
    private static let headerLimit = 256 * 1024
}

extension ListedMail {
    init(
        _ summary: MessageSummary,
        flags: [String]?,
        messageID: IDDigest? = nil,
        emailID: String? = nil,
        labels: [String]? = nil
    ) {
        self.init(
            uid: summary.uid,
            flags: flags,
            modSeq: summary.modSeq,
            arrival: summary.internalDate.map { Timestamp(microseconds: $0) },
            size: summary.size,
            messageID: messageID,
            emailID: emailID,
            labels: labels
        )
    }
}

extension ObservedFlags {
    init(_ row: MessageFlags) {
        self.init(uid: row.uid, flags: row.flags, modSeq: row.modSeq)
    }
}
