import Desk
import IMAP
import IngestionPlan
import MIME

/// Lists mails with what identifies them under other UIDs.
enum MailListing {
    /// Flags, date and size of every mail in these ranges.
    ///
    /// A large folder is asked for in slices, so that of the answers no more is in memory than what is kept of them.
    static func summaries(
        _ ranges: [ClosedRange<UInt32>],
        _ connection: IMAPConnection
    ) async throws -> [ListedMail] {
        var mails: [ListedMail] = []
        // Thousands of mails have the same few sets of flags.
        var flags: [[String]: [String]] = [:]
        for slice in self.slices(ranges, uidNext: connection.selected?.uidNext ?? 0) {
            for summary in try await connection.fetchSummaries(UIDSet(ranges: slice)) {
                let shared = summary.flags.map { flags[$0] ?? $0 }
                if let shared, flags.count < Self.sharedFlags { flags[shared] = shared }
                mails.append(ListedMail(summary, flags: shared, messageID: nil))
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
    private static let slice: UInt32 = 10_000
    private static let mostSlices: UInt32 = 100
    /// So many different sets of flags are kept once each.
    private static let sharedFlags = 1_000

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
                mails.append(ListedMail(summary, flags: summary.flags, messageID: id))
                header = []
            }
        }
        return mails
    }

    /// A header longer than that is read so far, in bytes.
    private static let headerLimit = 256 * 1024
}

extension ListedMail {
    init(_ summary: MessageSummary, flags: [String]?, messageID: IDDigest?) {
        self.init(
            uid: summary.uid,
            flags: flags,
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
