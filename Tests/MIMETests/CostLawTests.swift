import MIME
import Testing

/// Mails made to be expensive: each is generated at n, 2n and 4n, and must cost no more than 32 steps a byte and a
/// constant, and grow no faster than its length.
@Suite("Cost law")
struct CostLawTests {
    /// What any mail may cost beside its length.
    private static let constant = 1 << 20

    /// A mail of about `size` bytes.
    struct Generator: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let make: @Sendable (Int) -> [UInt8]

        init(_ name: String, _ make: @escaping @Sendable (Int) -> [UInt8]) {
            self.testDescription = name
            self.make = make
        }

        /// `unit` repeated to `size` bytes between two ends.
        init(_ name: String, before: String = "", unit: String, after: String = "") {
            self.init(name) { size in
                Array((before + String(repeating: unit, count: max(1, size / unit.utf8.count)) + after).utf8)
            }
        }
    }

    static let generators: [Generator] = [
        Generator("empty lines", unit: "\r\n"),
        Generator("bare returns", before: "Subject: s\r\r", unit: "\r"),
        Generator("one line", before: "\r\n", unit: "x"),
        Generator("one header line", before: "Subject: ", unit: "x"),
        Generator("header fields", unit: "X: y\r\n"),
        Generator("stray header lines", before: "A: b\r\n", unit: "stray\r\nA: b\r\n"),
        Generator("blank header lines", before: "A: b\r\n", unit: " \r\n"),
        Generator("folded field", before: "Subject: s\r\n", unit: " x\r\n"),
        Generator("colons", unit: ":"),
        Generator("encoded words", before: "Subject: ", unit: "=?utf-8?Q?a?= "),
        Generator("charsets in turn", before: "Subject: ", unit: "=?koi8-r?Q?a?= =?big5?Q?a?= "),
        Generator("starts of encoded words", before: "Subject: ", unit: "=?a?q?"),
        Generator("starts of starts", before: "Subject: ", unit: "=?"),
        Generator("addresses", before: "To: ", unit: "a@b,"),
        Generator("commas", before: "To: ", unit: ","),
        Generator("open comments", before: "To: ", unit: "("),
        Generator(
            "nested comments",
            { size in
                Array(
                    ("To: " + String(repeating: "(", count: size / 2) + String(repeating: ")", count: size / 2) + " a@b")
                        .utf8
                )
            }
        ),
        Generator("open quotes", before: "To: ", unit: "\\\""),
        Generator("quotes", before: "To: ", unit: "\"a\" "),
        Generator("angles", before: "To: ", unit: "<"),
        Generator("groups in groups", before: "To: ", unit: "a:"),
        Generator("routes", before: "To: <", unit: "@a,"),
        Generator("at signs", before: "To: ", unit: "@"),
        Generator("references", before: "References: ", unit: "<a@b> "),
        Generator("open references", before: "References: ", unit: "<"),
        Generator("received", unit: "Received: x; 1 Jan 2024 00:00:00\r\n"),
        Generator(
            "authentication results",
            before: "Authentication-Results: a",
            unit: "; a=b c=d (e)",
            after: "\r\nReceived: x\r\n\r\n"
        ),
        Generator("parameters", before: "Content-Type: text/plain", unit: "; a=b"),
        Generator("segments", before: "Content-Type: text/plain", unit: "; a*1=b"),
        Generator("segments backwards") { size in
            let count = size / 12
            return Array(("Content-Type: text/plain" + (0..<count).map { "; a*\(count - $0)=b" }.joined()).utf8)
        },
        Generator("open parameter quotes", before: "Content-Type: text/plain", unit: "; a=\""),
        Generator("percent signs", before: "Content-Type: text/plain; a*=utf-8''", unit: "%"),
        Generator("deep multiparts") { size in
            let count = size / 60
            return Array(
                (0..<count).map { "Content-Type: multipart/mixed; boundary=b\($0)\r\n\r\n--b\($0)\r\n" }.joined().utf8
            )
        },
        Generator("deep messages", unit: "Content-Type: message/rfc822\r\n\r\n"),
        Generator("one boundary in itself", unit: "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"),
        Generator("tiny parts", before: "Content-Type: multipart/mixed; boundary=b\r\n\r\n", unit: "--b\n\n"),
        Generator(
            "near boundaries",
            before: "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n",
            unit: "--c\n"
        ),
        Generator("near boundaries in depth") { size in
            let open = (0..<99).map { "Content-Type: multipart/mixed; boundary=\(100 + $0)\r\n\r\n--\(100 + $0)\r\n" }
                .joined()
            return Array((open + "\r\n" + String(repeating: "--abc\n", count: size / 6)).utf8)
        },
        Generator("parts in depth") { size in
            let open = (0..<99).map { "Content-Type: multipart/mixed; boundary=\(100 + $0)\r\n\r\n--\(100 + $0)\r\n" }
                .joined()
            return Array((open + "\r\n" + String(repeating: "--198\n\n", count: size / 7)).utf8)
        },
        Generator("alternatives in depth") { size in
            let open = (0..<99).map {
                "Content-Type: multipart/alternative; boundary=\(100 + $0)\r\n\r\n--\(100 + $0)\r\n"
            }.joined()
            return Array((open + "\r\n" + String(repeating: "--198\n\nx\n", count: size / 9)).utf8)
        },
        Generator("uuencode beginnings", before: "\r\n", unit: "begin 644 a\n"),
        Generator("uuencode without end", before: "\r\nbegin 644 a\n", unit: "#86)C\n"),
        Generator("uuencode blocks", before: "\r\n", unit: "begin 644 a\n#86)C\nend\n"),
        Generator("base64 paddings", before: "Content-Transfer-Encoding: base64\r\n\r\n", unit: "QUJD====\n"),
        Generator("quoted-printable blanks", before: "Content-Transfer-Encoding: quoted-printable\r\n\r\n", unit: "= "),
        Generator("soft line breaks", before: "Content-Transfer-Encoding: quoted-printable\r\n\r\n", unit: "=\r\n"),
        Generator("flowed quotes", before: "Content-Type: text/plain; format=flowed\r\n\r\n", unit: "> \n"),
        Generator("flowed depth", before: "Content-Type: text/plain; format=flowed\r\n\r\n", unit: ">"),
        Generator(
            "bad gb18030",
            before: "Content-Type: text/plain; charset=gb18030\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
            unit: "=FF"
        ),
        Generator(
            "iso-2022 escapes",
            before: "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n",
            unit: "\u{1B}$B"
        ),
        Generator("open tags", before: "Content-Type: text/html\r\n\r\n", unit: "<div>"),
        Generator("unclosed paragraphs", before: "Content-Type: text/html\r\n\r\n", unit: "<p>a"),
        Generator("unclosed items", before: "Content-Type: text/html\r\n\r\n", unit: "<li><a>"),
        Generator("attributes", before: "Content-Type: text/html\r\n\r\n<a ", unit: "a=b ", after: ">x"),
        Generator("links", before: "Content-Type: text/html\r\n\r\n", unit: "<a href=http://x>a"),
        Generator("less-than signs", before: "Content-Type: text/html\r\n\r\n", unit: "<"),
        Generator("tag beginnings", before: "Content-Type: text/html\r\n\r\n", unit: "<a "),
        Generator("open attribute quotes", before: "Content-Type: text/html\r\n\r\n", unit: "<a b=\"'"),
        Generator("open comments in html", before: "Content-Type: text/html\r\n\r\n", unit: "<!-- "),
        Generator("unclosed scripts", before: "Content-Type: text/html\r\n\r\n", unit: "<script><style>"),
        Generator("ampersands", before: "Content-Type: text/html\r\n\r\n", unit: "&"),
        Generator("tables in tables", before: "Content-Type: text/html\r\n\r\n", unit: "<table><tr><td>"),
        Generator("quotations", before: "Content-Type: text/html\r\n\r\n", unit: "<blockquote>a"),
        Generator("line breaks in html", before: "Content-Type: text/html\r\n\r\n", unit: "<br>"),
        Generator("random bytes") { size in
            var state: UInt64 = 0x9E37_79B9_7F4A_7C15
            return (0..<size).map { _ in
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                return UInt8(truncatingIfNeeded: state)
            }
        },
    ]

    @Test(arguments: Self.generators)
    func `no mail costs more than 32 steps a byte, nor grows faster than its length`(generator: Generator) {
        let costs = [50_000, 100_000, 200_000].map { size in
            let bytes = generator.make(size)
            return (size: bytes.count, steps: MailMessage.parse(bytes).stepCount)
        }
        for cost in costs { #expect(cost.steps <= 32 * cost.size + Self.constant) }
        // Doubling the input may double the steps; a third more is room for limits that are met on the way.
        #expect(Double(costs[2].steps) <= 2.7 * Double(costs[1].steps) + 10_000)
        #expect(Double(costs[1].steps) <= 2.7 * Double(costs[0].steps) + 10_000)
    }

    @Test func `a line of ten megabytes is read in parts`() {
        let bytes = Array("Subject: s\r\n\r\n".utf8) + [UInt8](repeating: 0x78, count: 10 << 20)
        let message = MailMessage.parse(bytes)
        #expect(message.text.utf8.count == 512 * 1024)
        #expect(message.parts[0].bodyRange == 14..<bytes.count)
        #expect(message.stepCount <= 32 * bytes.count)
    }

    @Test func `a million addresses give a thousand`() {
        let bytes = Array("To: ".utf8) + Array(repeatElement(Array("a@b, ".utf8), count: 1_000_000).joined())
        #expect(MailMessage.parse(bytes).to.count == 1_000)
    }
}
