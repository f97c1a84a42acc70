/// How much of one mail is looked at before the rest is only kept as bytes.
///
/// The defaults are those of the threat model: no real mail meets them, a hostile one does. Whatever passes a limit is
/// noted in ``MailMessage/problems``; the raw bytes are never touched.
package struct MailLimits: Sendable, Equatable {
    /// Bytes of one header block that are split into fields; beyond, only its end is looked for.
    package var headerBytes = 256 * 1024
    /// Fields kept of one header block.
    package var headerFields = 1_000
    /// Addresses kept of one field.
    package var addresses = 1_000
    /// Multiparts and enclosed messages that may lie in one another.
    package var depth = 100
    /// Parts of the whole mail, containers counted.
    package var parts = 10_000
    /// Bytes of a boundary (RFC 2046 §5.1.1 allows 70).
    package var boundary = 256
    /// RFC 2231 segments read of one field.
    package var parameterSegments = 100
    /// Parameters kept of one field.
    package var parameters = 200
    /// RFC 2047 words decoded in one field; later ones stay as they are.
    package var encodedWords = 1_000
    /// Ids kept of `References` (the newest) and of `In-Reply-To` (the first).
    package var references = 100
    /// `Received` dates kept, from the top.
    package var received = 100
    /// `Authentication-Results` fields, results in each and properties of each result.
    package var authenticationResults = 100
    /// Unicode scalars of a subject or a display name.
    package var lineScalars = 998
    /// Bytes of a `Message-ID`, brackets counted.
    package var messageID = 2_048
    /// Bytes of UTF-8 of ``MailMessage/text``, and of ``MailMessage/htmlText``.
    package var text = 512 * 1024
    /// Bytes of decoded HTML that are turned into text.
    package var html = 4 * 1024 * 1024
    /// Whether the HTML that stands beside plain text is read, too, for ``MailMessage/htmlText``.
    package var readsAlternatives = true
    /// Blocks of HTML in one another before the simple tag remover takes over.
    package var htmlDepth = 512
    /// Bytes of UTF-8 of a file name label.
    package var fileName = 255
    /// Problems noted.
    package var problems = 200

    /// The limits a mail is parsed with unless a caller says otherwise.
    package static let `default` = Self()

    /// Creates the default limits, to be changed by a test or a setting.
    package init() {}
}
