/// Reads an address field of any quality into addresses.
///
/// Source: RFC 5322 §3.4 and §4.4. One pass with a state, no recursion: comments are counted, groups are flattened by
/// forgetting their name, a route (`<@a,@b:c@d>`) is dropped. A quote or comment that is never closed is an ordinary
/// character, found out once per field.
struct AddressListParser {
    private static let localPartLimit = 512
    private static let domainLimit = 255

    private let bytes: [UInt8]
    private let limit: Int
    private(set) var addresses: [MailAddress] = []
    /// Words outside angle brackets, raw, quotes and blanks kept.
    private var phrase: [UInt8] = []
    private var phraseHasAt = false
    private var angle: [UInt8] = []
    private var hasAngle = false
    private var isInAngle = false
    private var comment: [UInt8] = []
    private var areQuotesBroken = false
    private var areCommentsBroken = false

    /// The addresses of an unfolded field value.
    static func parse(_ bytes: [UInt8], context: inout ParseContext) -> [MailAddress] {
        var parser = Self(bytes: bytes, limit: context.limits.addresses)
        context.count(3 * bytes.count)
        parser.run(&context)
        return parser.addresses
    }

    private init(bytes: [UInt8], limit: Int) {
        self.bytes = bytes
        self.limit = limit
    }

    private mutating func run(_ context: inout ParseContext) {
        var index = 0
        while index < self.bytes.count {
            guard self.addresses.count < self.limit else {
                context.note(.tooManyAddresses)
                return
            }
            let byte = self.bytes[index]
            switch byte {
            case 0x22 where !self.areQuotesBroken:
                index = self.quoted(from: index)
            case 0x28 where !self.areCommentsBroken:
                index = self.commented(from: index)
            case 0x3D where !self.isInAngle:
                // A comma within an encoded word separates nothing.
                let end = EncodedWord(self.bytes, at: index)?.end ?? index + 1
                self.phrase.append(contentsOf: self.bytes[index..<end])
                index = end
            case 0x5C where index + 1 < self.bytes.count:
                self.append(byte)
                self.append(self.bytes[index + 1])
                index += 2
            default:
                self.take(byte, &context)
                index += 1
            }
        }
        self.finish(&context)
    }

    /// One byte outside quotes and comments.
    private mutating func take(_ byte: UInt8, _ context: inout ParseContext) {
        switch byte {
        case 0x3C:
            self.isInAngle = true
            self.hasAngle = true
            self.angle.removeAll(keepingCapacity: true)
        case 0x3E:
            self.isInAngle = false
        case 0x2C:
            if self.isInAngle, self.isRoute { self.angle.append(byte) } else { self.finish(&context) }
        case 0x3B:
            self.finish(&context)
        case 0x3A:
            self.colon()
        default:
            self.append(byte)
        }
    }

    private var isRoute: Bool { self.angle.first { !ASCII.isWhitespace($0) } == 0x40 }

    /// A colon ends a group's name, a route, or `mailto`; within an address literal it is itself.
    private mutating func colon() {
        if self.isInAngle {
            if self.isRoute || ASCII.token(self.angle) == "mailto" {
                self.angle.removeAll(keepingCapacity: true)
            } else {
                self.angle.append(0x3A)
            }
        } else if self.phraseHasAt || self.hasAngle {
            self.phrase.append(0x3A)
        } else {
            self.phrase.removeAll(keepingCapacity: true)
            self.comment.removeAll(keepingCapacity: true)
        }
    }

    private mutating func append(_ byte: UInt8) {
        if self.isInAngle {
            self.angle.append(byte)
        } else {
            if byte == 0x40 { self.phraseHasAt = true }
            self.phrase.append(byte)
        }
    }

    private mutating func quoted(from start: Int) -> Int {
        guard let end = Self.quoteEnd(self.bytes, from: start) else {
            self.areQuotesBroken = true
            return start + 1
        }
        if self.isInAngle {
            self.angle.append(contentsOf: self.bytes[start..<end])
        } else {
            self.phrase.append(contentsOf: self.bytes[start..<end])
        }
        return end
    }

    private mutating func commented(from start: Int) -> Int {
        guard let end = HeaderText.commentEnd(self.bytes, from: start) else {
            self.areCommentsBroken = true
            self.append(0x28)
            return start + 1
        }
        self.comment = Array(self.bytes[start + 1..<end - 1])
        if !self.isInAngle { self.phrase.append(ASCII.space) }
        return end
    }

    private static func quoteEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        var index = start + 1
        while index < bytes.count {
            if bytes[index] == 0x22 { return index + 1 }
            index += bytes[index] == 0x5C ? 2 : 1
        }
        return nil
    }

    // MARK: - One mailbox

    private mutating func finish(_ context: inout ParseContext) {
        defer { self.reset() }
        context.count(4 * (self.phrase.count + self.angle.count) + self.comment.count)
        let angleHasAt = self.angle.contains(0x40)
        if self.hasAngle, angleHasAt || !self.phraseHasAt {
            let compact = Self.withoutBlanks(self.angle)
            let name = self.displayName(self.phrase, &context) ?? self.displayName(self.comment, &context)
            if compact.isEmpty, name == nil { return }
            self.addresses.append(self.address(compact[...], name: name, &context))
            return
        }
        guard self.phraseHasAt else {
            guard let name = self.displayName(self.phrase, &context) else { return }
            self.addresses.append(MailAddress(displayName: name, localPart: "", domain: ""))
            return
        }
        self.finishWithoutAngle(&context)
    }

    /// `john@example.com (John)`, `John john@example.com`, and addresses that lack the comma between them.
    private mutating func finishWithoutAngle(_ context: inout ParseContext) {
        let words = Self.words(Self.withoutBlanksAtJoints(self.phrase))
        var name = self.displayName(
            Array(words.filter { !$0.hasAt }.map { $0.bytes }.joined(separator: [ASCII.space])),
            &context
        )
        if name == nil { name = self.displayName(self.comment, &context) }
        for word in words where word.hasAt && self.addresses.count < self.limit {
            self.addresses.append(self.address(word.bytes[...], name: name, &context))
            name = nil
        }
    }

    private mutating func reset() {
        self.phrase.removeAll(keepingCapacity: true)
        self.angle.removeAll(keepingCapacity: true)
        self.comment.removeAll(keepingCapacity: true)
        self.phraseHasAt = false
        self.hasAngle = false
        self.isInAngle = false
    }

    private func address(_ raw: ArraySlice<UInt8>, name: String?, _ context: inout ParseContext) -> MailAddress {
        let at = Self.lastAt(raw) ?? raw.endIndex
        let local = raw[..<at]
        let domain = raw[min(at + 1, raw.endIndex)...]
        guard local.count <= Self.localPartLimit, domain.count <= Self.domainLimit else {
            context.note(.addressTooLong)
            return MailAddress(
                displayName: name ?? HeaderText.line(Array(raw.prefix(200)), context: &context),
                localPart: "",
                domain: ""
            )
        }
        return MailAddress(
            displayName: name,
            localPart: self.text(local, &context),
            domain: self.text(domain, isDomain: true, &context)
        )
    }

    private func text(_ bytes: ArraySlice<UInt8>, isDomain: Bool = false, _ context: inout ParseContext) -> String {
        let bytes = isDomain ? bytes.map(ASCII.lowercased) : Array(bytes)
        return String(decoding: HeaderText.clean(Charset.decode(bytes, name: nil, context: &context)), as: UTF8.self)
    }

    /// The last `@` outside quotes.
    private static func lastAt(_ bytes: ArraySlice<UInt8>) -> Int? {
        var found: Int?
        var isQuoted = false
        var index = bytes.startIndex
        while index < bytes.endIndex {
            switch bytes[index] {
            case 0x5C: index += 1
            case 0x22: isQuoted.toggle()
            case 0x40 where !isQuoted: found = index
            default: break
            }
            index += 1
        }
        return found ?? bytes.lastIndex(of: 0x40)
    }

    /// Words apart by blanks outside quotes, and whether each holds an `@` outside quotes.
    private static func words(_ bytes: [UInt8]) -> [(bytes: [UInt8], hasAt: Bool)] {
        var words: [(bytes: [UInt8], hasAt: Bool)] = []
        var word: [UInt8] = []
        var hasAt = false
        var isQuoted = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x22 { isQuoted.toggle() }
            if byte == 0x40, !isQuoted { hasAt = true }
            if ASCII.isWhitespace(byte), !isQuoted {
                if !word.isEmpty { words.append((word, hasAt)) }
                word.removeAll(keepingCapacity: true)
                hasAt = false
            } else {
                word.append(byte)
                if byte == 0x5C, index + 1 < bytes.count {
                    index += 1
                    word.append(bytes[index])
                }
            }
            index += 1
        }
        if !word.isEmpty { words.append((word, hasAt)) }
        return words
    }

    /// Blanks outside quotes removed: none belongs into an address (RFC 5322 §4.4 let them stand).
    private static func withoutBlanks(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var isQuoted = false
        for byte in bytes {
            if byte == 0x22 { isQuoted.toggle() }
            if isQuoted || !ASCII.isWhitespace(byte) { output.append(byte) }
        }
        return output
    }

    /// Blanks next to `@` and `.` removed.
    private static func withoutBlanksAtJoints(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var areBlanksPending = false
        for byte in bytes {
            if ASCII.isWhitespace(byte) {
                areBlanksPending = !output.isEmpty
                continue
            }
            let isJoint = byte == 0x40 || byte == 0x2E || output.last == 0x40 || output.last == 0x2E
            if areBlanksPending, !isJoint { output.append(ASCII.space) }
            areBlanksPending = false
            output.append(byte)
        }
        return output
    }

    /// A phrase as a person reads it: quotes and escapes off, words decoded.
    private func displayName(_ raw: [UInt8], _ context: inout ParseContext) -> String? {
        guard raw.contains(where: { !ASCII.isWhitespace($0) }) else { return nil }
        var plain: [UInt8] = []
        plain.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            if raw[index] == 0x5C, index + 1 < raw.count {
                plain.append(raw[index + 1])
                index += 2
            } else {
                if raw[index] != 0x22 { plain.append(raw[index]) }
                index += 1
            }
        }
        let name = HeaderText.line(plain, context: &context)
        return name.isEmpty ? nil : name
    }
}
