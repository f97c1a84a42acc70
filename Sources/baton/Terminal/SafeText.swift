/// Text of strangers, made safe to show on a terminal.
///
/// Subjects, names and folder names come from outside and may hold escape sequences or characters that turn the
/// reading direction. Every such scalar is written as its Swift escape (`\u{1B}`), so a reader sees that it is there
/// and a terminal never acts on it. This is to a command line what escaping is to a web page.
enum SafeText {
    /// One line: controls, line breaks and direction changes become escapes, tabs a space.
    static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { Self.isUnsafe($0) }) else { return text }
        return Self.escaped(text, keepingLines: false)
    }

    /// A text of several lines: line feeds stay, tabs become four spaces, everything else as in ``line(_:)``.
    static func block(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { Self.isUnsafe($0) && $0 != "\n" }) else { return text }
        return Self.escaped(text, keepingLines: true)
    }

    private static func escaped(_ text: String, keepingLines: Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if !Self.isUnsafe(scalar) || (keepingLines && scalar == "\n") {
                result.append(scalar)
            } else if scalar == "\t" {
                result.append(contentsOf: (keepingLines ? "    " : " ").unicodeScalars)
            } else {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                let padded = digits.count < 2 ? "0" + digits : digits
                result.append(contentsOf: "\\u{\(padded)}".unicodeScalars)
            }
        }
        return String(result)
    }

    /// Whether a terminal would act on the scalar, or show the text around it in another order or not at all.
    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E: false
        case 0x00...0x1F, 0x7F...0x9F: true
        // Direction: marks, embeddings, overrides, isolates.
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        // Lines and paragraphs of their own; invisible characters that are not needed to write any language.
        case 0x00AD, 0x180E, 0x200B, 0x2028, 0x2029, 0x2060...0x2065, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFB: true
        // Tag characters can carry a whole hidden text.
        case 0xE0000...0xE0FFF: true
        default: false
        }
    }
}
