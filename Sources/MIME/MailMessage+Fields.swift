/// One top-level header field as it stands in a mail.
package struct NamedField: Sendable, Equatable {
    /// The field's name in small letters.
    package let name: String
    /// The value, unfolded and decoded like a subject.
    package let value: String
}

extension MailMessage {
    /// Top-level fields of several names in the order they stand, top first: the trace of a mail, for example.
    ///
    /// - Parameters:
    ///   - names: The fields' names in small letters.
    ///   - bytes: The raw mail this message was parsed from.
    /// - Returns: At most 200 fields.
    package func headerFields(named names: [String], in bytes: [UInt8]) -> [NamedField] {
        guard let header = self.parts.first?.headerRange.clamped(to: 0..<bytes.count) else { return [] }
        let input = bytes.span
        var context = ParseContext(limits: .default)
        let reader = HeaderReader(lines: LineReader(input, 0..<bytes.count))
        let block = reader.read(
            input,
            from: header.lowerBound,
            to: header.upperBound,
            isMail: true,
            context: &context
        ) { _, _ in false }
        var fields: [NamedField] = []
        for field in block.fields where fields.count < 200 {
            let name = ASCII.token(input.bytes(in: field.name))
            guard names.contains(name) else { continue }
            let value = HeaderText.line(HeaderText.unfold(input, field.value, context: &context), context: &context)
            fields.append(NamedField(name: name, value: value))
        }
        return fields
    }
}
