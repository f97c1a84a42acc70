/// One part of a mail's MIME tree (RFC 2045, RFC 2046).
///
/// The tree is flat: every part knows its place.
package struct MailPart: Sendable, Equatable {
    /// The section name IMAP would use (RFC 9051 §6.4.5): `1`, `2.1`; `TEXT` and `2.TEXT` for the multipart a message
    /// consists of; `1.uu1` for the first uuencoded block within part `1`.
    package let path: String
    /// The type; `text/plain` where the field is missing or makes no sense.
    package internal(set) var contentType: ContentType
    /// How the sender wants it shown.
    package let disposition: Disposition
    /// A label, never a path to write to: RFC 2231 and 2047 decoded, controls removed, at most 255 bytes of UTF-8.
    ///
    /// May hold slashes.
    package let filename: String?
    /// `Content-ID` with brackets, white space removed; nil when absent.
    package let contentID: String?
    /// How the bytes are wrapped.
    package let transferEncoding: TransferEncoding
    /// The raw header block in the input; empty for uuencoded blocks.
    package let headerRange: Range<Int>
    /// The raw, still encoded body in the input, without the line break that belongs to the boundary after it.
    package internal(set) var bodyRange: Range<Int>
    /// Multiparts and enclosed messages around this part; 0 for the whole mail's root.
    package let depth: Int
    /// Index in ``MailMessage/parts`` of the part around this one; nil for the root.
    package let parent: Int?
    /// Whether it only holds other parts.
    package internal(set) var isMultipart: Bool
    /// Whether it lies in an enclosed message (a forwarded mail, a bounced original).
    package let isEnclosed: Bool
    /// Whether ``MailMessage/text`` or ``MailMessage/htmlText`` was made from it.
    package internal(set) var isText = false
    /// Uuencoded blocks cut out of this text part, in order.
    var blocks: [Range<Int>] = []

    /// Whether a person would see it as an attachment: no container, not shown as the text, not inside an attached
    /// mail.
    package var isAttachment: Bool { !self.isMultipart && !self.isText && !self.isEnclosed }
}
