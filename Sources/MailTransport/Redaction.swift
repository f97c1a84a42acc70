/// Takes a credential out of what a server says, in whatever form it repeats it: clear, quoted, or inside of base64.
///
/// A server that refuses a log-in may quote the command, and what it says is shown, logged and stored.
package struct Redaction: Sendable {
    private static let mark = "‹redacted›"
    /// Shorter ones, in bytes, occur by chance: a text that holds one is withheld as a whole.
    private static let shortest = 4

    private let secret: [UInt8]
    /// The secret, and as an IMAP quoted string holds it (RFC 9051 §9).
    private let forms: [[UInt8]]

    /// For everything that may repeat this credential.
    package init(_ credential: Credential) {
        let secret =
            switch credential {
            case .password(let password): password.reveal()
            case .token(let token): token.reveal()
            }
        let quoted = secret.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        self.secret = Array(secret.utf8)
        self.forms = quoted == secret ? [self.secret] : [Array(quoted.utf8), self.secret]
    }

    /// `text` with every form of the credential replaced by `‹redacted›`; also where the text ends in the middle of it.
    package func applied(to text: String) -> String {
        let bytes = Array(text.utf8)
        guard !self.secret.isEmpty, bytes.count >= min(self.secret.count, Self.shortest) else { return text }
        guard self.secret.count >= Self.shortest else {
            let isTold = Self.isIn(bytes, self.secret) || Self.runs(in: bytes).contains { self.isToldShort(bytes[$0]) }
            return isTold ? Self.mark : text
        }
        var hidden = [Bool](repeating: false, count: bytes.count)
        var isHidden = false
        func hide(_ range: Range<Int>) {
            for index in range { hidden[index] = true }
            isHidden = true
        }
        for form in self.forms { for range in Self.places(of: form, in: bytes) { hide(range) } }
        for run in Self.runs(in: bytes) where self.isTold(inBase64: bytes[run]) { hide(run) }
        guard isHidden else { return text }
        var output: [UInt8] = []
        for index in bytes.indices {
            if !hidden[index] {
                output.append(bytes[index])
            } else if index == 0 || !hidden[index - 1] {
                output += Array(Self.mark.utf8)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private func isTold(inBase64 run: ArraySlice<UInt8>) -> Bool {
        guard run.count * 3 / 4 >= Self.shortest else { return false }
        // Where the run began in the middle of a word, the groups of four may begin at any of four places.
        return (0..<4).contains { !Self.places(of: self.secret, in: Self.decoded(run.dropFirst($0))).isEmpty }
    }

    /// The messages of PLAIN (RFC 4616) and of LOGIN.
    private func isToldShort(_ run: ArraySlice<UInt8>) -> Bool {
        let decoded = Self.decoded(run)
        return decoded == self.secret || decoded.suffix(self.secret.count + 1) == [0] + self.secret
    }

    /// Where `word` stands in `bytes`, its beginning alone at their end included.
    private static func places(of word: [UInt8], in bytes: [UInt8]) -> [Range<Int>] {
        guard let first = word.first, bytes.count >= Self.shortest else { return [] }
        var found: [Range<Int>] = []
        for start in 0...(bytes.count - Self.shortest) where bytes[start] == first {
            let length = min(word.count, bytes.count - start)
            if bytes[start..<start + length].elementsEqual(word.prefix(length)) { found.append(start..<start + length) }
        }
        return found
    }

    private static func isIn(_ bytes: [UInt8], _ word: [UInt8]) -> Bool {
        (0...max(0, bytes.count - word.count)).contains { bytes[$0...].starts(with: word) }
    }

    /// Stretches of base64's letters, the URL-safe ones included (RFC 4648 §4, §5), without padding.
    private static func runs(in bytes: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var start = 0
        for index in 0...bytes.count where index == bytes.count || !self.isLetter(bytes[index]) {
            if index > start { found.append(start..<index) }
            start = index + 1
        }
        return found
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func decoded(_ run: ArraySlice<UInt8>) -> [UInt8] {
        var text = run.map { byte in
            byte == UInt8(ascii: "-") ? UInt8(ascii: "+") : byte == UInt8(ascii: "_") ? UInt8(ascii: "/") : byte
        }
        if text.count % 4 == 1 { text.removeLast() }
        while !text.count.isMultiple(of: 4) { text.append(UInt8(ascii: "=")) }
        return Base64.decode(text) ?? []
    }
}

extension TransportError {
    /// The same without the credential, where a server's text holds it.
    package func redacted(by redaction: Redaction) -> TransportError {
        switch self.reason {
        case .tls(let text): TransportError(.tls(redaction.applied(to: text)))
        case .startTLSRefused(let text): TransportError(.startTLSRefused(redaction.applied(to: text)))
        case .cleartextViolation(let text): TransportError(.cleartextViolation(redaction.applied(to: text)))
        case .connectionLost(let text): TransportError(.connectionLost(redaction.applied(to: text)))
        case .invalidEndpoint, .hostNotFound, .unreachable, .timedOut, .certificateUntrusted,
            .certificateForAnotherHost, .unreadableCAFile, .bytesBeforeTLS, .preauthBeforeTLS, .plaintextForbidden,
            .cancelled:
            self
        }
    }
}
