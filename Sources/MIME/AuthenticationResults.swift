/// One `Authentication-Results` field (RFC 8601): what a server says it checked.
///
/// Whether that server is ours is for the caller to decide by ``authservID``: a sender can write such a field too.
package struct AuthenticationResults: Sendable, Equatable {
    /// One method's result.
    package struct Result: Sendable, Equatable {
        /// `spf`, `dkim`, `dmarc` …, small letters.
        package let method: String
        /// `pass`, `fail`, `none` …, small letters.
        package let result: String
        /// `header.from` and the like, names in small letters, in order.
        package let properties: [Property]

        /// The first value of the property called `name` (small letters).
        package func property(_ name: String) -> String? { self.properties.first { $0.name == name }?.value }
    }

    /// One `ptype.property=value`.
    package struct Property: Sendable, Equatable {
        /// `smtp.mailfrom`, `header.d` …, small letters; `reason` for the reason.
        package let name: String
        /// The value, quotes off.
        package let value: String
    }

    /// The name of the server that writes, small letters.
    package let authservID: String
    /// In the order of the field; empty for `none`.
    package let results: [Result]

    /// Reads an unfolded field value; nil when it names no server.
    static func parse(_ bytes: [UInt8], context: inout ParseContext) -> Self? {
        context.count(4 * bytes.count)
        let limit = context.limits.authenticationResults
        let fields = self.split(HeaderText.withoutComments(bytes), at: 0x3B)
        guard let head = fields.first, let id = self.words(head).first else { return nil }
        let authservID = ASCII.token(self.unquoted(id).prefix(255))
        guard !authservID.isEmpty else { return nil }
        var results: [Result] = []
        for field in fields.dropFirst() where results.count < limit {
            let words = self.words(field)
            guard let first = words.first, let (method, result) = self.pair(first) else { continue }
            var properties: [Property] = []
            for word in words.dropFirst().prefix(limit) {
                guard let (name, value) = self.pair(word) else { continue }
                let line = String(
                    decoding: HeaderText.clean(Charset.decode(value, name: nil, context: &context)),
                    as: UTF8.self
                )
                properties.append(Property(name: ASCII.token(name.prefix(100)), value: String(line.prefix(998))))
            }
            let versionless = method.prefix { $0 != 0x2F }
            results.append(
                Result(
                    method: ASCII.token(versionless.prefix(100)),
                    result: ASCII.token(result.prefix(100)),
                    properties: properties
                )
            )
        }
        return Self(authservID: authservID, results: results)
    }

    /// The pieces between `separator` outside quotes.
    private static func split(_ bytes: [UInt8], at separator: UInt8) -> [[UInt8]] {
        var pieces: [[UInt8]] = [[]]
        var isQuoted = false
        for byte in bytes {
            if byte == 0x22 { isQuoted.toggle() }
            if byte == separator, !isQuoted {
                pieces.append([])
            } else {
                pieces[pieces.count - 1].append(byte)
            }
        }
        return pieces
    }

    /// The words of a piece; blanks around `=` belong to the word.
    private static func words(_ bytes: [UInt8]) -> [[UInt8]] {
        var words: [[UInt8]] = []
        var word: [UInt8] = []
        var isQuoted = false
        var areBlanksPending = false
        for byte in bytes {
            if ASCII.isWhitespace(byte), !isQuoted {
                areBlanksPending = true
                continue
            }
            if areBlanksPending, byte != 0x3D, word.last != 0x3D, !word.isEmpty {
                words.append(word)
                word.removeAll(keepingCapacity: true)
            }
            areBlanksPending = false
            if byte == 0x22 { isQuoted.toggle() }
            word.append(byte)
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    private static func pair(_ word: [UInt8]) -> (name: [UInt8], value: [UInt8])? {
        guard let equals = word.firstIndex(of: 0x3D), equals > 0 else { return nil }
        return (Array(word[..<equals]), self.unquoted(Array(word[(equals + 1)...])))
    }

    private static func unquoted(_ bytes: [UInt8]) -> [UInt8] { bytes.filter { $0 != 0x22 } }
}
