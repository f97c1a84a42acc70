/// JSON text of small objects of strings, for `jsonb` columns (RFC 8259 §7).
enum JSONText {
    static func object(_ fields: [String: String]) -> String {
        guard !fields.isEmpty else { return "{}" }
        let members = fields.sorted { $0.key < $1.key }.map { "\(string($0.key)):\(string($0.value))" }
        return "{\(members.joined(separator: ","))}"
    }

    private static func string(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}": quoted += "\u{FFFD}"  // jsonb refuses U+0000
            case "\u{1}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
