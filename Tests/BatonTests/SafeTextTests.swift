import Testing

@testable import baton

@Suite("Text of strangers on a terminal")
struct SafeTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("Grüße, 日本語 ok", "Grüße, 日本語 ok"), ("\u{1B}]0;title\u{7}", #"\u{1B}]0;title\u{07}"#),
        ("\u{1B}[2J", #"\u{1B}[2J"#), ("\u{9B}31m", #"\u{9B}31m"#), ("a\u{7F}b", #"a\u{7F}b"#), ("a\0b", #"a\u{00}b"#),
        ("one\r\ntwo", #"one\u{0D}\u{0A}two"#), ("a\tb", "a b"), ("invoice\u{202E}gpj.exe", #"invoice\u{202E}gpj.exe"#),
        ("\u{2066}x\u{2069}", #"\u{2066}x\u{2069}"#), ("\u{200F}\u{061C}", #"\u{200F}\u{61C}"#),
        ("pay\u{200B}pal", #"pay\u{200B}pal"#), ("a\u{2028}b", #"a\u{2028}b"#), ("\u{E0041}", #"\u{E0041}"#),
        ("می\u{200C}خواهم", "می\u{200C}خواهم"), ("\u{1F469}\u{200D}\u{1F4BB}", "\u{1F469}\u{200D}\u{1F4BB}"),
    ])
    func `controls and direction changes become visible, writing stays`(text: String, shown: String) {
        #expect(SafeText.line(text) == shown)
    }

    @Test(arguments: [
        ("one\ntwo", "one\ntwo"), ("a\tb", "a    b"), ("one\r\ntwo", "one\\u{0D}\ntwo"),
        ("x\u{1B}[31m\ny", "x\\u{1B}[31m\ny"),
    ])
    func `a block keeps its lines and nothing else`(text: String, shown: String) {
        #expect(SafeText.block(text) == shown)
    }

    @Test func `no control survives, whatever scalar it is`() {
        let controls = (0...0x9F).filter { $0 < 0x20 || $0 >= 0x7F }.compactMap { Unicode.Scalar(UInt32($0)) }
        let shown = SafeText.line(String(String.UnicodeScalarView(controls)))
        #expect(shown.unicodeScalars.allSatisfy { (0x20...0x7E).contains($0.value) })
    }
}
