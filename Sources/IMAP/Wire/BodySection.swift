/// Which bytes of a mail an answer holds: what stands in `BODY[…]`, and where a partial answer begins.
///
/// `RFC822` means the same as `BODY[]`, `RFC822.HEADER` as `BODY[HEADER]`, `RFC822.TEXT` as `BODY[TEXT]`, and `BINARY[…]` as
/// `BODY[…]` decoded. Source: RFC 9051 §6.4.5, RFC 3516.
package struct BodySection: Hashable, Sendable {
    /// What stands between the brackets, in capitals, without the names of headers: empty for the whole mail, `HEADER`,
    /// `HEADER.FIELDS`, `1.2.MIME`.
    package let path: String
    /// The first byte of a partial answer; nil where the answer begins at the beginning.
    ///
    /// Some servers repeat the length behind it; it is left out.
    package let origin: UInt64?

    /// A section from its parts.
    package init(path: String, origin: UInt64? = nil) {
        self.path = path
        self.origin = origin == 0 ? nil : origin
    }

    /// The mail as a whole.
    package static let whole = BodySection(path: "")
    /// All header fields.
    package static let header = BodySection(path: "HEADER")
    /// Everything behind the header fields.
    package static let text = BodySection(path: "TEXT")
}
