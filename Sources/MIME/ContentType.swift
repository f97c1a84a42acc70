/// A media type with its parameters, RFC 2231 undone.
package struct ContentType: Sendable, Equatable {
    /// One parameter.
    package struct Parameter: Sendable, Equatable {
        /// Small letters, without the `*` marks of RFC 2231.
        package let name: String
        /// The decoded value.
        package let value: String
    }

    /// `text`, `multipart` …, small letters.
    package let type: String
    /// `plain`, `mixed` …, small letters.
    package let subtype: String
    /// In the order of the field; of each name the first.
    package let parameters: [Parameter]

    /// The value of the parameter called `name` (small letters).
    package func parameter(_ name: String) -> String? {
        self.parameters.first { $0.name == name }?.value
    }

    /// `type/subtype`.
    package var description: String { "\(self.type)/\(self.subtype)" }

    /// What a part without the field is (RFC 2045 §5.2).
    static let textPlain = Self(type: "text", subtype: "plain", parameters: [])
    /// What a part of a digest without the field is (RFC 2046 §5.1.5).
    static let message = Self(type: "message", subtype: "rfc822", parameters: [])

    /// Reads a `Content-Type` value (unfolded); nil when it names no type.
    static func parse(_ bytes: [UInt8], context: inout ParseContext) -> Self? {
        let value = ParameterizedValue.parse(bytes, context: &context)
        let parts = value.value.split(separator: 0x2F, maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first else { return nil }
        let type = ASCII.token(first)
        var subtype = parts.count > 1 ? ASCII.token(parts[1]) : ""
        if let blank = subtype.firstIndex(where: { $0 == " " || $0 == "\t" || $0 == "," }) {
            subtype = String(subtype[..<blank])
        }
        guard !type.isEmpty, type.utf8.count <= 100, subtype.utf8.count <= 100, !type.contains(" ") else { return nil }
        switch (type, subtype) {
        case ("text", ""), ("plain", ""): return Self(type: "text", subtype: "plain", parameters: value.parameters)
        case ("html", ""): return Self(type: "text", subtype: "html", parameters: value.parameters)
        case (_, ""): return nil
        default: return Self(type: type, subtype: subtype, parameters: value.parameters)
        }
    }
}

/// What a part asks to be shown as (RFC 2183).
package enum Disposition: String, Sendable, Equatable, CaseIterable {
    /// No field, or `inline`.
    case inline
    /// `attachment`, and every kind nobody knows (RFC 2183 §2.8).
    case attachment
}
