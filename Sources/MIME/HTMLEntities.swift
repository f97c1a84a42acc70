/// Character references in HTML: all numeric ones, and the names mail uses.
enum HTMLEntities {
    /// `range` of `bytes` with references decoded; what is none stays as it is.
    ///
    /// A reference is at most 12 bytes long, so the cost is linear.
    static func decode(_ bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            if bytes[index] == 0x26, let reference = self.reference(bytes, index..<range.upperBound) {
                output.append(contentsOf: reference.text.utf8)
                index = reference.end
            } else {
                output.append(bytes[index])
                index += 1
            }
        }
        return output
    }

    private static func reference(_ bytes: [UInt8], _ range: Range<Int>) -> (text: String, end: Int)? {
        var end = range.lowerBound + 1
        while end < range.upperBound, end - range.lowerBound < 12,
            ASCII.isLetter(bytes[end]) || ASCII.isDigit(bytes[end]) || bytes[end] == 0x23
        { end += 1 }
        let name = bytes[range.lowerBound + 1..<end]
        guard !name.isEmpty else { return nil }
        if end < range.upperBound, bytes[end] == 0x3B { end += 1 }
        if name.first == 0x23 {
            let digits = String(decoding: name.dropFirst(), as: UTF8.self)
            let value =
                digits.first == "x" || digits.first == "X" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            guard let value else { return nil }
            // Numbers 128 to 159 mean windows-1252 in every browser.
            if (0x80..<0xA0).contains(value) { return (self.windows1252[Int(value - 0x80)], end) }
            return (Unicode.Scalar(value).map { value == 0 ? "\u{FFFD}" : String(Character($0)) } ?? "\u{FFFD}", end)
        }
        return self.names[String(decoding: name, as: UTF8.self)].map { ($0, end) }
    }

    private static let windows1252 = Array(
        "€\u{FFFD}‚ƒ„…†‡ˆ‰Š‹Œ\u{FFFD}Ž\u{FFFD}\u{FFFD}‘’“”•–—˜™š›œ\u{FFFD}žŸ"
    ).map { String($0) }

    private static let names: [String: String] = {
        var names = [
            "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}", "euro": "€", "ndash": "–",
            "mdash": "—",
            "lsquo": "‘", "rsquo": "’", "sbquo": "‚", "ldquo": "“", "rdquo": "”", "bdquo": "„", "hellip": "…",
            "bull": "•", "trade": "™",
            "lsaquo": "‹", "rsaquo": "›", "zwnj": "\u{200C}", "zwj": "\u{200D}", "ensp": "\u{2002}", "emsp": "\u{2003}",
            "thinsp": "\u{2009}", "OElig": "Œ", "oelig": "œ", "Scaron": "Š", "scaron": "š", "larr": "←", "rarr": "→",
            "uarr": "↑",
            "darr": "↓", "minus": "−", "check": "✓",
        ]
        let latin = [
            "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo", "not", "shy",
            "reg", "macr",
            "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot", "cedil", "sup1", "ordm", "raquo",
            "frac14", "frac12",
            "frac34", "iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig", "Ccedil", "Egrave",
            "Eacute", "Ecirc",
            "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml",
            "times",
            "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute", "acirc",
            "atilde", "auml",
            "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc", "iuml", "eth",
            "ntilde",
            "ograve", "oacute", "ocirc", "otilde", "ouml", "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml",
            "yacute", "thorn",
            "yuml",
        ]
        for (offset, name) in latin.enumerated() {
            if let scalar = Unicode.Scalar(0xA1 + UInt32(offset)) { names[name] = String(Character(scalar)) }
        }
        return names
    }()
}
