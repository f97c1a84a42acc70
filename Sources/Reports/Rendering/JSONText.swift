/// A value of JSON (RFC 8259), written with its keys in the order they were given.
///
/// Written here because a report must be the same to the byte whenever it is made of the same figures.
enum JSONText: ExpressibleByStringLiteral {
    case null
    case bool(Bool)
    case integer(Int)
    case seconds(Double)
    case string(String)
    case array([JSONText])
    case object([(String, JSONText)])

    init(stringLiteral value: String) {
        self = .string(value)
    }

    /// A string, or null.
    static func optional(_ text: String?) -> JSONText {
        text.map(JSONText.string) ?? .null
    }

    /// A number of seconds, or null.
    static func optional(_ seconds: Double?) -> JSONText {
        seconds.map(JSONText.seconds) ?? .null
    }

    /// The text, indented by two spaces a level.
    func text(indent: Int = 0) -> String {
        let inner = String(repeating: " ", count: indent + 2)
        let outer = String(repeating: " ", count: indent)
        switch self {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return String(value)
        case .seconds(let value): return Self.number(value)
        case .string(let value): return Self.quoted(value)
        case .array(let values):
            guard !values.isEmpty else { return "[]" }
            let lines = values.map { inner + $0.text(indent: indent + 2) }
            return "[\n" + lines.joined(separator: ",\n") + "\n" + outer + "]"
        case .object(let members):
            let lines = members.map { inner + Self.quoted($0.0) + ": " + $0.1.text(indent: indent + 2) }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + outer + "}"
        }
    }

    /// Whole seconds without a fraction, others to the microsecond: the database knows no more.
    static func number(_ seconds: Double) -> String {
        let rounded = (seconds * 1_000_000).rounded() / 1_000_000
        return Int(exactly: rounded).map(String.init) ?? String(rounded)
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
