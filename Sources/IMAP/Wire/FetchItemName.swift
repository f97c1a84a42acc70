/// The names of items in a FETCH response that are understood; all others are skipped.
enum FetchItemName: CaseIterable {
    case uid, flags, modSeq, internalDate, size
    case body, binary, binarySize, rfc822, rfc822Header, rfc822Text
    case emailID, threadID, gmailMessageID, gmailThreadID, gmailLabels, envelope, bodyStructure

    /// The name in capitals, without brackets.
    var spelling: StaticString {
        switch self {
        case .uid: "UID"
        case .flags: "FLAGS"
        case .modSeq: "MODSEQ"
        case .internalDate: "INTERNALDATE"
        case .size: "RFC822.SIZE"
        case .body: "BODY"
        case .binary: "BINARY"
        case .binarySize: "BINARY.SIZE"
        case .rfc822: "RFC822"
        case .rfc822Header: "RFC822.HEADER"
        case .rfc822Text: "RFC822.TEXT"
        case .emailID: "EMAILID"
        case .threadID: "THREADID"
        case .gmailMessageID: "X-GM-MSGID"
        case .gmailThreadID: "X-GM-THRID"
        case .gmailLabels: "X-GM-LABELS"
        case .envelope: "ENVELOPE"
        case .bodyStructure: "BODYSTRUCTURE"
        }
    }

    /// The names by their lengths.
    private static let byLength: [[FetchItemName]] = {
        let longest = Self.allCases.map(\.spelling.utf8CodeUnitCount).max() ?? 0
        return (0...longest).map { length in Self.allCases.filter { $0.spelling.utf8CodeUnitCount == length } }
    }()

    /// The name that stands at `range`, in any case.
    static func at(_ range: Range<Int>, in cursor: Cursor) -> FetchItemName? {
        guard range.count < self.byLength.count else { return nil }
        for name in self.byLength[range.count] where cursor.holds(name.spelling, at: range.lowerBound) {
            return name
        }
        return nil
    }
}
