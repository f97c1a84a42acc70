/// Ids in `Message-ID`, `In-Reply-To`, `References` and `Content-ID` (RFC 5322 §3.6.4).
enum MessageIdentifier {
    /// The first id of a field, with brackets and without white space; nil when there is none, or it is longer than
    /// `limit` bytes.
    static func first(in bytes: [UInt8], limit: Int) -> String? {
        self.list(in: bytes, isBare: true).first.flatMap { self.text($0, limit: limit) }
    }

    /// All ids of a field, as bytes without brackets, in order.
    ///
    /// Where no bracket stands, words are ids: all of them when `isBare`, else those with an `@` (old mail programs
    /// wrote prose into `In-Reply-To`).
    static func list(in bytes: [UInt8], isBare: Bool) -> [ArraySlice<UInt8>] {
        var ids: [ArraySlice<UInt8>] = []
        var open: Int?
        for index in bytes.indices {
            switch bytes[index] {
            case 0x3C:
                open = index + 1
            case 0x3E:
                if let start = open, start < index { ids.append(bytes[start..<index]) }
                open = nil
            default:
                break
            }
        }
        if let start = open, start < bytes.count, ids.isEmpty { ids.append(bytes[start...]) }
        guard ids.isEmpty else { return ids }
        let words = bytes.split { ASCII.isWhitespace($0) || $0 == 0x2C || $0 == 0x3C || $0 == 0x3E }
        return isBare ? Array(words) : words.filter { $0.contains(0x40) }
    }

    /// An id in brackets, white space and controls removed; nil when nothing remains or it is longer than `limit` bytes
    /// with its brackets.
    static func text(_ id: ArraySlice<UInt8>, limit: Int) -> String? {
        var bytes: [UInt8] = [0x3C]
        for byte in id where byte > 0x20 && byte != 0x7F || byte == 0 {
            if byte == 0 {
                bytes.append(contentsOf: [UInt8].replacementCharacter)
            } else {
                bytes.append(byte)
            }
            if bytes.count >= limit { return nil }
        }
        guard bytes.count > 1 else { return nil }
        bytes.append(0x3E)
        let text = String(decoding: bytes, as: UTF8.self)
        return text.utf8.count <= limit ? text : nil
    }
}

/// The form of a message id that is hashed and compared.
///
/// Outer brackets, white space and comments are taken off, and what follows the last `@` is made small (A–Z only); the
/// part before it stays as it is, since many systems tell case apart there.
///
/// - Parameter id: An id as in a header, with or without brackets.
/// - Returns: The comparable form; nil when nothing remains.
package func normalizedMessageID(_ id: String) -> String? {
    var bytes = HeaderText.withoutComments(Array(id.utf8)).filter { $0 > 0x20 && $0 != 0x7F }
    if bytes.first == 0x3C { bytes.removeFirst() }
    if bytes.last == 0x3E { bytes.removeLast() }
    guard !bytes.isEmpty else { return nil }
    if let at = bytes.lastIndex(of: 0x40) {
        for index in at..<bytes.count { bytes[index] = ASCII.lowercased(bytes[index]) }
    }
    return String(decoding: bytes, as: UTF8.self)
}
