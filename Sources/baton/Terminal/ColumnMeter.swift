/// Measures how many columns a terminal gives to a text.
///
/// East Asian wide characters and emoji take two columns (UAX #11), combining marks and format characters none. The C
/// library's table is not used: it depends on the user's locale, and in `C` knows nothing outside ASCII.
struct ColumnMeter: Sendable {
    /// The number of columns of a line without controls.
    func width(of text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.unicodeScalars.reduce(0) { $0 + Self.width(of: $1) }
    }

    /// The text, cut at the end to at most `limit` columns; what was cut shows as `…`.
    func cut(_ text: String, to limit: Int) -> String {
        guard self.width(of: text) > limit else { return text }
        guard limit > 0 else { return "" }
        var used = 0
        var result = ""
        // Whole characters, so that a mark never loses the letter it stands on.
        for character in text {
            let width = character.unicodeScalars.reduce(0) { $0 + Self.width(of: $1) }
            guard used + width <= limit - 1 else { break }
            used += width
            result.append(character)
        }
        return result + "…"
    }

    private static func width(of scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x20...0x7E: return 1
        // Medial and final Hangul letters join the one before them.
        case 0x1160...0x11FF, 0xD7B0...0xD7FF: return 0
        case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x3247, 0x3250...0x4DBF, 0x4E00...0xA4CF,
            0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60,
            0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F265, 0x20000...0x3FFFD:
            return Self.isCombining(scalar) ? 0 : 2
        // Two regional indicators are one flag of two columns.
        case 0x1F1E6...0x1F1FF: return 1
        default: return Self.isCombining(scalar) ? 0 : scalar.properties.isEmojiPresentation ? 2 : 1
        }
    }

    private static func isCombining(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: true
        default: false
        }
    }
}
