/// `=?charset?B?…?=` and `=?charset?Q?…?=` in header text.
///
/// Source: RFC 2047, with the language of RFC 2231 §5. The bytes of adjacent words in one charset are joined before
/// they are decoded, since mail programs split characters between words. What looks like a word and is none stays as it
/// is.
struct EncodedWord: Equatable {
    let charset: String
    let isBase64: Bool
    /// The encoded text within the field.
    let text: Range<Int>
    /// The index after `?=`.
    let end: Int

    /// The word that begins at `start`.
    ///
    /// The search for the end gives up at the next `=?`, so that a field full of beginnings costs no more than its
    /// length.
    init?(_ bytes: [UInt8], at start: Int) {
        guard start + 7 < bytes.count, bytes[start] == 0x3D, bytes[start + 1] == 0x3F else { return nil }
        var index = start + 2
        let nameStart = index
        var nameEnd: Int?
        while index < bytes.count, bytes[index] != 0x3F {
            let byte = bytes[index]
            guard byte > 0x20, byte < 0x7F, byte != 0x3D, index - nameStart < 75 else { return nil }
            if byte == 0x2A, nameEnd == nil { nameEnd = index }
            index += 1
        }
        guard index > nameStart, index + 3 < bytes.count, bytes[index + 2] == 0x3F else { return nil }
        switch bytes[index + 1] {
        case 0x42, 0x62: self.isBase64 = true
        case 0x51, 0x71: self.isBase64 = false
        default: return nil
        }
        self.charset = ASCII.token(bytes[nameStart..<(nameEnd ?? index)])
        let textStart = index + 3
        index = textStart
        while index + 1 < bytes.count {
            if bytes[index] == 0x3F, bytes[index + 1] == 0x3D {
                self.text = textStart..<index
                self.end = index + 2
                return
            }
            if bytes[index] == 0x3D, bytes[index + 1] == 0x3F, index + 2 >= bytes.count || bytes[index + 2] != 0x3D {
                return nil
            }
            index += 1
        }
        return nil
    }

    /// The word's bytes, still in its charset; nil when its text means nothing.
    func decoded(_ bytes: [UInt8]) -> [UInt8]? {
        let body =
            self.isBase64
            ? TransferDecoder.base64(bytes.span, self.text)
            : TransferDecoder.quotedPrintable(bytes.span, self.text, isWord: true)
        return body.bytes.isEmpty && !self.text.isEmpty ? nil : body.bytes
    }

    /// A field's text with all its words decoded, as valid UTF-8.
    static func decode(_ bytes: [UInt8], context: inout ParseContext) -> [UInt8] {
        context.count(bytes.count)
        guard bytes.span.firstIndex(of: 0x3D, in: 0..<bytes.count) != nil else {
            return self.decodePlain(bytes[...], context: &context)
        }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var pending: [UInt8] = []
        var charset: String?
        var words = 0
        var plainStart = 0
        var index = 0
        while index < bytes.count {
            guard bytes[index] == 0x3D, words <= context.limits.encodedWords, let word = EncodedWord(bytes, at: index),
                let text = word.decoded(bytes)
            else {
                index += 1
                continue
            }
            words += 1
            if words > context.limits.encodedWords {
                context.note(.tooManyEncodedWords)
                continue
            }
            context.count(3 * (word.end - index))
            let gap = bytes[plainStart..<index]
            let isGapDropped = charset != nil && gap.allSatisfy(ASCII.isWhitespace)
            if charset != word.charset || !isGapDropped {
                self.flush(&pending, charset, into: &output, context: &context)
            }
            if !isGapDropped { output.append(contentsOf: self.decodePlain(gap, context: &context)) }
            pending.append(contentsOf: text)
            charset = word.charset
            index = word.end
            plainStart = index
        }
        self.flush(&pending, charset, into: &output, context: &context)
        output.append(contentsOf: self.decodePlain(bytes[plainStart...], context: &context))
        return output
    }

    private static func flush(
        _ pending: inout [UInt8],
        _ charset: String?,
        into output: inout [UInt8],
        context: inout ParseContext
    ) {
        guard !pending.isEmpty else { return }
        output.append(contentsOf: Charset.decode(pending, name: charset, context: &context))
        pending.removeAll(keepingCapacity: true)
    }

    /// Bytes outside of words: UTF-8 (RFC 6532), else what the mail declares, else windows-1252.
    private static func decodePlain(_ bytes: ArraySlice<UInt8>, context: inout ParseContext) -> [UInt8] {
        let bytes = Array(bytes)
        context.count(bytes.count)
        if bytes.allSatisfy({ $0 < 0x80 && $0 != 0x1B }) { return bytes }
        if Charset.isUTF8(bytes) { return Charset.decode(bytes, name: nil, context: &context) }
        return Charset.decode(bytes, name: context.declaredCharset, context: &context)
    }
}
