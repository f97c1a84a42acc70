/// One address of a mail, as sent (RFC 5322 §3.4).
///
/// Where the field holds a name and nothing that could be an address, ``localPart`` and ``domain`` are empty.
package struct MailAddress: Sendable, Hashable {
    /// The name beside the address, RFC 2047 decoded, quotes off; nil when there is none.
    ///
    /// It proves nothing.
    package let displayName: String?
    /// What stands before the last `@`, as sent, with its quotes if it had any; at most 512 bytes.
    package let localPart: String
    /// What stands after it, A–Z made small; at most 255 bytes, empty where there is no `@`.
    package let domain: String

    /// Creates an address from its pieces; nothing is checked.
    package init(displayName: String? = nil, localPart: String, domain: String) {
        self.displayName = displayName
        self.localPart = localPart
        self.domain = domain
    }

    /// `local@domain`; only the local part where there is no domain; empty for `<>`.
    package var address: String { self.domain.isEmpty ? self.localPart : self.localPart + "@" + self.domain }

    /// Whether there is no address at all: `<>`, or a bare name.
    package var isNull: Bool { self.localPart.isEmpty && self.domain.isEmpty }

    /// The form by which two addresses are the same contact.
    ///
    /// The domain counts as lower-case A-labels (RFC 5890 §2.3.2.1), so an internationalised domain equals its `xn--`
    /// form. In the local part only A–Z are made small: RFC 5321 §2.4 would let `Ann@` and `ann@` be two people, but no
    /// provider in use does, and one person writes both. Dots and plus tags are kept: they are somebody's rule, not
    /// everybody's.
    package var comparisonKey: String {
        let local = String(decoding: self.localPart.utf8.map(ASCII.lowercased), as: UTF8.self)
        guard !self.domain.isEmpty else { return local }
        let labels = self.domain.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        return local + "@" + labels.map { Punycode.label(String($0)) }.joined(separator: ".")
    }
}
