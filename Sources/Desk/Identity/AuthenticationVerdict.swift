/// One line of a mail's trace, as servers write it on top while the mail travels.
package enum TraceField: Hashable, Sendable {
    /// The value of a Received field.
    case received(String)
    /// The value of an Authentication-Results field.
    case authenticationResults(String)
}

/// Whether our own mail server vouches for the domain in From.
///
/// Source: RFC 8601 (syntax and trust), RFC 7489 §3.1 (alignment; strict alignment only, because a public suffix list is data
/// that ages).
package enum AuthenticationVerdict: Hashable, Sendable {
    /// The server under the configured authserv-id says that From is authentic.
    case vouched
    /// It does not, or it was not asked.
    case unverified

    /// Reads the trace of a mail, unfolded values in header order.
    ///
    /// Only the topmost Authentication-Results field of the configured `authservID` counts, and only where it stands above
    /// the line with which our server took the mail from outside: everything below that line was written by the sender. Lines
    /// of a local delivery (RFC 3848 `LMTP…`, `local`) do not end the search. `fromDomains` are lower-case A-labels; more than
    /// one author is never vouched for.
    package static func decide(trace: [TraceField], authservID: String?, fromDomains: [String]) -> AuthenticationVerdict
    {
        guard let authservID, !authservID.isEmpty, fromDomains.count == 1 else { return .unverified }
        for field in trace {
            switch field {
            case .received(let value):
                if !self.isLocalDelivery(value) { return .unverified }
            case .authenticationResults(let value):
                guard let results = AuthenticationResults(value) else { continue }
                guard results.authservID == authservID.lowercased() else { continue }
                return results.vouches(for: fromDomains[0]) ? .vouched : .unverified
            }
        }
        return .unverified
    }

    private static func isLocalDelivery(_ received: String) -> Bool {
        let words = AuthenticationResults.withoutComments(received).lowercased().split(whereSeparator: \.isWhitespace)
        guard let with = words.firstIndex(of: "with"), with + 1 < words.endIndex else { return false }
        let word = words[with + 1].prefix { $0 != ";" }
        return word.hasPrefix("lmtp") || word == "local"
    }
}

/// The parts of an Authentication-Results field that decide.
///
/// RFC 8601 §2.2.
struct AuthenticationResults {
    /// One method and its outcome.
    struct Result: Hashable {
        let method: String
        let outcome: String
        /// `header.from` and the like, lower case.
        let properties: [String: String]
    }

    let authservID: String
    let results: [Result]

    init?(_ value: String) {
        let parts = Self.withoutComments(value).lowercased().split(separator: ";", omittingEmptySubsequences: false)
        guard let head = parts.first?.split(whereSeparator: \.isWhitespace).first else { return nil }
        self.authservID = Self.unquoted(head)
        self.results = parts.dropFirst().compactMap { Self.result($0) }
    }

    func vouches(for domain: String) -> Bool {
        let dmarc = self.results.filter { $0.method == "dmarc" }
        guard dmarc.isEmpty else {
            return dmarc.allSatisfy { $0.outcome == "pass" && ($0.properties["header.from"] ?? domain) == domain }
        }
        return self.results.contains { result in
            guard result.outcome == "pass" else { return false }
            switch result.method {
            case "dkim":
                let signer = result.properties["header.d"] ?? result.properties["header.i"].map { Self.domain(of: $0) }
                return signer == domain
            case "spf":
                return result.properties["smtp.mailfrom"].map { Self.domain(of: $0) } == domain
            default:  // a method that says nothing about the domain in From; the set is open (RFC 8601 §2.7)
                return false
            }
        }
    }

    /// The value without RFC 5322 comments; what stands in quotes is kept, with its separators made harmless.
    static func withoutComments(_ value: String) -> String {
        var output = ""
        var depth = 0
        var isQuoted = false
        var isEscaped = false
        for character in value {
            defer { isEscaped = !isEscaped && character == "\\" }
            if isQuoted {
                if character == "\"" && !isEscaped { isQuoted = false }
                if depth == 0 { output.append(character == ";" || character.isWhitespace ? "_" : character) }
            } else if character == "(" && !isEscaped {
                depth += 1
            } else if character == ")" && !isEscaped && depth > 0 {
                depth -= 1
                output.append(" ")
            } else if depth == 0 {
                if character == "\"" { isQuoted = true }
                output.append(character)
            }
        }
        return output
    }

    private static func result(_ part: Substring) -> Result? {
        // "=" may stand with spaces around it: read words and pair them.
        let spaced = part.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let pairs = spaced.split(separator: "=", omittingEmptySubsequences: false)
        guard pairs.count >= 2 else { return nil }
        var words: [(key: String, value: String)] = []
        for index in 1..<pairs.count {
            guard let key = pairs[index - 1].split(separator: " ").last else { return nil }
            guard let value = pairs[index].split(separator: " ").first else { return nil }
            words.append((String(key), self.unquoted(value)))
        }
        let method = words[0].key.prefix { $0 != "/" }
        let properties = words.dropFirst().map { ($0.key, $0.value) }
        return Result(
            method: String(method),
            outcome: words[0].value,
            properties: Dictionary(properties, uniquingKeysWith: { first, _ in first })
        )
    }

    private static func unquoted(_ word: Substring) -> String {
        word.hasPrefix("\"") && word.hasSuffix("\"") && word.count >= 2
            ? String(word.dropFirst().dropLast()) : String(word)
    }

    private static func domain(of address: String) -> String {
        address.split(separator: "@", omittingEmptySubsequences: false).last.map { String($0) } ?? address
    }
}
