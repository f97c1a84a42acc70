/// The parts of a mail as a server sees them: BODYSTRUCTURE (RFC 9051 §7.5.2).
///
/// Never needed for a mail to be understood, and often wrong; understood where it comes unasked, as with NOTIFY.
package struct BodyStructure: Equatable, Sendable {
    /// A name and its value, such as `charset` and `utf-8`.
    package struct Parameter: Equatable, Sendable {
        /// The name, in lower case.
        package let name: String
        /// The value as written.
        package let value: String

        /// A parameter from its parts.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The media type in lower case, such as `text`; `multipart` where the parts alone say so.
    package var type: String
    /// The subtype in lower case; nil where the server says NIL.
    package var subtype: String?
    /// Parameters of the media type.
    package var parameters: [Parameter] = []
    /// Content-ID.
    package var id: String?
    /// Content-Description.
    package var description: String?
    /// Content-Transfer-Encoding in lower case.
    package var encoding: String?
    /// Bytes as encoded; nil where missing or nonsense.
    package var size: UInt64?
    /// Lines of a text or an attached mail; nil where missing or nonsense.
    package var lines: UInt64?
    /// Content-Disposition in lower case, such as `attachment`.
    package var disposition: String?
    /// Parameters of the disposition.
    package var dispositionParameters: [Parameter] = []
    /// Content-Language.
    package var languages: [String] = []
    /// Content-Location.
    package var location: String?
    /// Content-MD5.
    package var md5: String?
    /// The parts of a multipart, or the one in an attached mail.
    package var parts: [BodyStructure] = []
    /// The envelope of an attached mail.
    package var envelope: Envelope?

    /// A part without any particulars.
    package init(type: String, subtype: String?) {
        self.type = type
        self.subtype = subtype
    }

    /// Reads what servers send for one; recursion is bounded, since ``WireValue`` is never deeper than the limit.
    ///
    /// Nil where it is no list.
    init?(_ value: WireValue) {
        guard let fields = value.values, let first = fields.first else { return nil }
        if first.values != nil {
            self.init(multipart: fields)
        } else if fields.count == 1 || first == .null && fields.count <= 5 {
            // A multipart without parts: `("ALTERNATIVE")`, `(NIL "alternative")`.
            self.init(type: "multipart", subtype: (fields.last { $0.string != nil } ?? first).string?.lowercased())
        } else {
            self.init(single: fields)
        }
    }

    private init(multipart fields: [WireValue]) {
        let parts = fields.prefix { $0.values != nil }
        self.init(type: "multipart", subtype: nil)
        self.parts = parts.compactMap { BodyStructure($0) }
        var rest = fields.dropFirst(parts.count)
        self.subtype = rest.popFirst()?.string?.lowercased()
        self.parameters = Self.parameters(rest.popFirst())
        self.readExtension(&rest)
    }

    private init(single fields: [WireValue]) {
        var rest = fields[...]
        self.init(type: rest.popFirst()?.string?.lowercased() ?? "", subtype: nil)
        self.subtype = rest.popFirst()?.string?.lowercased()
        self.parameters = Self.parameters(rest.popFirst())
        self.id = rest.popFirst()?.string
        self.description = rest.popFirst()?.string
        self.encoding = rest.popFirst()?.string?.lowercased()
        self.size = rest.popFirst()?.number
        let isMail = self.type == "message" && ["rfc822", "global"].contains(self.subtype)
        // Some servers describe an attached mail in base64 like any other part: no envelope, no parts, no lines.
        if isMail, let envelope = rest.first.flatMap(Envelope.init) {
            rest.removeFirst()
            self.envelope = envelope
            self.parts = rest.popFirst().flatMap { BodyStructure($0) }.map { [$0] } ?? []
            self.lines = rest.popFirst()?.number
        } else if self.type == "text", rest.first?.values == nil {
            self.lines = rest.popFirst()?.number
        }
        self.md5 = rest.first?.values == nil ? rest.popFirst()?.string : nil
        self.readExtension(&rest)
    }

    private mutating func readExtension(_ rest: inout ArraySlice<WireValue>) {
        let disposition = rest.popFirst()
        if let fields = disposition?.values {
            self.disposition = fields.first?.string?.lowercased()
            self.dispositionParameters = Self.parameters(fields.dropFirst().first)
        } else if let word = disposition?.string?.lowercased(), ["inline", "attachment"].contains(word) {
            // Exchange writes the word alone, or Content-Description in its place.
            self.disposition = word
        }
        switch rest.popFirst() {
        case .text(let bytes): self.languages = [String(decoding: bytes, as: UTF8.self)]
        case .list(let values): self.languages = values.compactMap(\.string)
        case .null, nil: break
        }
        self.location = rest.popFirst()?.string
    }

    private static func parameters(_ value: WireValue?) -> [Parameter] {
        guard let fields = value?.values else { return [] }
        return stride(from: 0, to: fields.count - 1, by: 2).compactMap { index in
            guard let name = fields[index].string, let value = fields[index + 1].string else { return nil }
            return Parameter(name: name.lowercased(), value: value)
        }
    }
}
