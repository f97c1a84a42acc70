/// A JSON value whose members keep their order, and its text by RFC 8259.
///
/// The order of members is part of what people read; a null is written, never left out, so that every object of a
/// list has the same members.
package indirect enum JSONText: Equatable, Sendable {
    /// Null.
    case null
    /// True or false.
    case bool(Bool)
    /// A whole number.
    case integer(Int64)
    /// A number; null where it is not finite.
    case number(Double)
    /// Text.
    case string(String)
    /// Values in order.
    case array([JSONText])
    /// Members in order.
    case object([Member])
    /// Text that already is JSON, as the database gives it.
    case verbatim(String)

    /// One name and its value.
    package struct Member: Equatable, Sendable {
        /// The name; a caller gives each once.
        package let name: String
        /// The value.
        package let value: JSONText

        /// A member from its parts.
        package init(name: String, value: JSONText) {
            self.name = name
            self.value = value
        }
    }

    /// An object with its members in the order they are written.
    package static func object(_ members: KeyValuePairs<String, JSONText>) -> JSONText {
        .object(members.map { Member(name: $0.key, value: $0.value) })
    }

    /// A string, or null for nil.
    package static func optional(_ text: String?) -> JSONText {
        text.map { .string($0) } ?? .null
    }

    /// An integer, or null for nil.
    package static func optional(_ number: Int64?) -> JSONText {
        number.map { .integer($0) } ?? .null
    }

    /// An array of strings.
    package static func strings(_ texts: [String]) -> JSONText {
        .array(texts.map { .string($0) })
    }

    /// The value on one line.
    package var compact: String {
        var bytes: [UInt8] = []
        self.write(into: &bytes, indentation: nil)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The value over several lines, two spaces a level, for objects that people read too.
    package var indented: String {
        var bytes: [UInt8] = []
        self.write(into: &bytes, indentation: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(into bytes: inout [UInt8], indentation: Int?) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): bytes.append(contentsOf: String(value).utf8)
        case .number(let value): bytes.append(contentsOf: Self.text(of: value).utf8)
        case .string(let text): Self.write(text, into: &bytes)
        case .verbatim(let text): bytes.append(contentsOf: text.utf8)
        case .array(let values):
            Self.write(values, between: ("[", "]"), into: &bytes, indentation: indentation) { value, bytes, inner in
                value.write(into: &bytes, indentation: inner)
            }
        case .object(let members):
            Self.write(members, between: ("{", "}"), into: &bytes, indentation: indentation) { member, bytes, inner in
                Self.write(member.name, into: &bytes)
                bytes.append(contentsOf: (indentation == nil ? ":" : ": ").utf8)
                member.value.write(into: &bytes, indentation: inner)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element],
        between marks: (open: String, close: String),
        into bytes: inout [UInt8],
        indentation: Int?,
        element write: (Element, inout [UInt8], Int?) -> Void
    ) {
        bytes.append(contentsOf: marks.open.utf8)
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            Self.breakLine(into: &bytes, indentation: indentation.map { $0 + 1 })
            write(element, &bytes, indentation.map { $0 + 1 })
        }
        if !elements.isEmpty { Self.breakLine(into: &bytes, indentation: indentation) }
        bytes.append(contentsOf: marks.close.utf8)
    }

    private static func breakLine(into bytes: inout [UInt8], indentation: Int?) {
        guard let indentation else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indentation * 2))
    }

    /// JSON has no word for what is not finite, and a whole number needs no fraction.
    private static func text(of number: Double) -> String {
        guard number.isFinite else { return "null" }
        return Int64(exactly: number).map { String($0) } ?? String(number)
    }

    /// Controls are escaped, DEL and the C1 range too, so that JSON shown on a terminal does nothing either.
    private static func write(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var previous: UInt8 = 0
        for byte in text.utf8 {
            defer { previous = byte }
            switch byte {
            case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0x00...0x1F, 0x7F: Self.writeEscape(byte, into: &bytes)
            case 0x80...0x9F where previous == 0xC2:
                bytes.removeLast()
                Self.writeEscape(byte, into: &bytes)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func writeEscape(_ value: UInt8, into bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(digits[Int(value >> 4)])
        bytes.append(digits[Int(value & 15)])
    }
}
