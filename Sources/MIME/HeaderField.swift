/// One field of a header block: where its name and its value stand, and which of the known ones it is.
struct HeaderField: Equatable, Sendable {
    let name: Range<Int>
    let value: Range<Int>
    let known: KnownField
}

/// A header block and where the body after it begins.
struct HeaderBlock: Equatable, Sendable {
    var fields: [HeaderField] = []
    /// First byte of the first line of the block.
    var start = 0
    /// First byte after the empty line.
    var bodyStart = 0

    /// The first field of that kind.
    func first(_ known: KnownField) -> HeaderField? {
        self.fields.first { $0.known == known }
    }
}

/// The fields this module reads.
enum KnownField: Sendable, Equatable {
    case other
    /// `X-MS-Exchange-…`: a family that marks automatic replies.
    case exchange
    case subject, date, received, messageID, inReplyTo, references, returnPath
    case from, sender, replyTo, to, cc, bcc
    case contentType, contentTransferEncoding, contentDisposition, contentID
    case autoSubmitted, precedence, listID, listPost, listUnsubscribe, listUnsubscribePost
    case autoReply
    case authenticationResults

    private static let names: [(StaticString, Self)] = [
        ("subject", .subject), ("date", .date), ("received", .received), ("message-id", .messageID),
        ("in-reply-to", .inReplyTo),
        ("references", .references), ("return-path", .returnPath), ("from", .from), ("sender", .sender),
        ("reply-to", .replyTo),
        ("to", .to), ("cc", .cc), ("bcc", .bcc), ("content-type", .contentType),
        ("content-transfer-encoding", .contentTransferEncoding), ("content-disposition", .contentDisposition),
        ("content-id", .contentID), ("auto-submitted", .autoSubmitted), ("precedence", .precedence),
        ("list-id", .listID),
        ("list-post", .listPost), ("list-unsubscribe", .listUnsubscribe),
        ("list-unsubscribe-post", .listUnsubscribePost),
        ("x-autoreply", .autoReply), ("x-auto-reply", .autoReply), ("x-autorespond", .autoReply),
        ("x-autoresponder", .autoReply), ("x-mail-autoreply", .autoReply), ("x-mail-autoresponder", .autoReply),
        ("authentication-results", .authenticationResults),
    ]

    /// The names by their length, as bytes: most fields of a mail are told apart by length and first letter.
    private static let byLength: [[(name: [UInt8], field: Self)]] = {
        var table = [[(name: [UInt8], field: Self)]](repeating: [], count: 32)
        for (name, field) in Self.names {
            let bytes = name.withUTF8Buffer { [UInt8]($0) }
            table[bytes.count].append((bytes, field))
        }
        return table
    }()

    /// The field called by the bytes of `range`, whatever their case.
    static func identify(_ input: Span<UInt8>, _ range: Range<Int>) -> Self {
        guard let first = range.first else { return .other }
        if range.count < self.byLength.count {
            for entry in self.byLength[range.count] where entry.name[0] == ASCII.lowercased(input[first]) {
                if self.matches(input, first, entry.name) { return entry.field }
            }
        }
        if range.count > 14, self.matches(input, first, self.exchangePrefix) { return .exchange }
        return .other
    }

    private static let exchangePrefix = Array("x-ms-exchange-".utf8)

    private static func matches(_ input: Span<UInt8>, _ start: Int, _ name: [UInt8]) -> Bool {
        for index in name.indices where ASCII.lowercased(input[start + index]) != name[index] { return false }
        return true
    }
}
