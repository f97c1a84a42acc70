/// Something in a mail that was cut, repaired or not understood.
package struct MailProblem: Sendable, Equatable {
    /// What was met.
    package enum Kind: String, Sendable, Equatable, CaseIterable {
        /// The header block is longer than is split into fields.
        case headerTooLong
        /// The header block has more fields than are kept.
        case tooManyFields
        /// A line between header fields that is none, and was skipped.
        case strayHeaderLine
        /// No empty line between header and body.
        case missingSeparator
        /// No header at all: everything is body.
        case missingHeader
        /// More than one `From` field.
        case repeatedFrom
        /// More than one `Content-Type` field; the first counts.
        case repeatedContentType
        /// A `Content-Type` that is no type.
        case invalidContentType
        /// A multipart whose boundary parameter is missing or unusable.
        case missingBoundary
        /// A multipart in which its boundary never stands; shown as one text.
        case boundaryNotFound
        /// A multipart without its last boundary.
        case missingEndBoundary
        /// Parts deeper than the limit, kept as one part.
        case depthLimit
        /// More parts than the limit, kept as part of the last one.
        case partLimit
        /// A charset name that is not known.
        case unknownCharset
        /// Bytes that do not fit the named charset.
        case wrongCharset
        /// Base64, quoted-printable or uuencode with something missing or foreign in it.
        case damagedEncoding
        /// More addresses in a field than are kept.
        case tooManyAddresses
        /// An address too long to be one.
        case addressTooLong
        /// More encoded words in a field than are decoded.
        case tooManyEncodedWords
        /// More parameters or RFC 2231 segments than are read.
        case tooManyParameters
        /// More ids than are kept.
        case tooManyIdentifiers
        /// A message id too long to be used.
        case messageIDTooLong
        /// A `Date` field that is none, or out of range.
        case invalidDate
        /// A subject or display name that was cut.
        case lineCut
        /// A file name that was cut.
        case fileNameCut
        /// The readable text was cut.
        case textCut
        /// The HTML is longer than is read.
        case htmlCut
        /// The HTML is nested too deep for the reader; its tags were just removed.
        case htmlSimplified
    }

    /// What was met.
    package let kind: Kind
    /// Where in the mail, in bytes from its start; for a field, where the field begins.
    package let offset: Int

    /// Creates a problem of `kind` at byte `offset`.
    package init(kind: Kind, offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}
