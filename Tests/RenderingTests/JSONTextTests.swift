import Foundation
import Rendering
import Testing

@Suite("JSON")
struct JSONTextTests {
    @Test(arguments: [
        "", "plain", "\"\\/", "\u{8}\u{C}\n\r\t", "\0\u{1F}", "\u{7F}\u{80}\u{9F}\u{A0}", "日本\u{1F600}", "\u{202E}",
    ])
    func `JSON strings come back as they were, without a raw control`(text: String) throws {
        let written = JSONText.string(text).compact
        #expect(written.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
        let parsed = try JSONSerialization.jsonObject(with: Data(written.utf8), options: [.fragmentsAllowed])
        #expect(parsed as? String == text)
    }

    @Test(arguments: [
        (JSONText.number(1.5), "1.5"), (.number(3), "3"), (.number(.nan), "null"), (.number(.infinity), "null"),
        (.array([]), "[]"), (.object([]), "{}"), (.verbatim(#"{"a":1}"#), #"{"a":1}"#), (.bool(false), "false"),
        (.optional(String?.none), "null"), (.integer(-5), "-5"), (.number(5_400.000001), "5400.000001"),
        (.number(1e9), "1000000000"),
        (.object([.init(name: "b", value: .null), .init(name: "a", value: .integer(1))]), #"{"b":null,"a":1}"#),
    ])
    func `JSON keeps order and knows every value`(value: JSONText, text: String) {
        #expect(value.compact == text)
    }

    @Test func `indented JSON is the same value`() throws {
        let value = JSONText.object([
            .init(name: "a", value: .array([.integer(1), .object([])])), .init(name: "b", value: .object([])),
        ])
        #expect(value.indented == "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {}\n}")
    }
}
