import MIME
import Testing

@Suite("Transfer encodings")
struct TransferEncodingTests {
    private func decode(_ encoding: String, _ body: String) -> (text: String, isDamaged: Bool) {
        let bytes = mail(type: "application/x", encoding: encoding, body: Array(body.utf8))
        let message = MailMessage.parse(bytes)
        let decoded = message.decode(message.parts[0], in: bytes)
        return (String(decoding: decoded.bytes, as: UTF8.self), decoded.isDamaged)
    }

    @Test(arguments: [
        ("aGVsbG8gd29ybGQ=", "hello world", false), ("aGVs\r\nbG8g\r\nd29y\r\nbGQ=\r\n", "hello world", false),
        ("aGVsbG8gd29ybGQ", "hello world", true), ("aGVsbG8gd29yb", "hello wor", true), ("a", "", true),
        ("", "", false),
        ("aGVs bG8g\td29ybGQ=", "hello world", false), ("aGVs!bG8g*d29ybGQ=", "hello world", true),
        ("aGVsbG8=\r\n_______\r\nlist footer", "hello", true), ("aGVsbG8=d29ybGQ=", "helloworld", true),
        ("aGVsbG8=\r\nd29ybGQ=", "helloworld", true), ("====", "", true), ("aGVsbG8gd29ybGQ==", "hello world", false),
        ("_-8=", "\u{FFFD}\u{FFFD}", false),
    ])
    func `base64 gives all that is there`(body: String, expected: String, isDamaged: Bool) {
        let result = self.decode("base64", body)
        #expect(result.text == expected)
        #expect(result.isDamaged == isDamaged)
    }

    @Test(arguments: [
        ("caf=C3=A9", "café", false), ("caf=c3=a9", "café", false), ("a=\r\nb", "ab", false), ("a=\nb", "ab", false),
        ("a= \t\r\nb", "ab", false), ("a  \r\nb", "a\r\nb", false), ("a b", "a b", false), ("a=XYb", "a=XYb", true),
        ("a=", "a", false),
        ("a=4", "a=4", true), ("=3D=3d", "==", false), ("a \t ", "a", false), ("==41", "=A", true),
        ("a_b", "a_b", false),
    ])
    func `quoted-printable leaves alone what it does not know`(body: String, expected: String, isDamaged: Bool) {
        let result = self.decode("quoted-printable", body)
        #expect(result.text == expected)
        #expect(result.isDamaged == isDamaged)
    }

    @Test(arguments: [
        ("begin 644 a.txt\r\n+:&5L;&\\@=V]R;&0\r\n`\r\nend\r\n", "hello world", false),
        ("+:&5L;&\\@=V]R;&0\r\n`\r\nend\r\n", "hello world", false),
        ("begin 644 a.txt\r\n+:&5L;&\\@=V]R;&0\r\n", "hello world", true),
        ("begin 644 a.txt\r\nM:&5L\r\nend\r\n", "hel" + String(repeating: "\0", count: 0), true), ("", "", true),
    ])
    func `uuencode trusts no length`(body: String, expected: String, isDamaged: Bool) {
        let result = self.decode("x-uuencode", body)
        #expect(result.text == expected)
        #expect(result.isDamaged == isDamaged)
    }

    @Test(arguments: [
        ("7bit", "a=41"), ("8BIT", "a=41"), ("binary", "a=41"), ("nonsense", "a=41"), ("Quoted-Printable (x)", "aA"),
        (" base64 ", ""),
    ])
    func `an encoding is known by its name, and unknown ones are none`(encoding: String, expected: String) {
        #expect(self.decode(encoding, "a=41").text == expected)
    }

    @Test func `a uuencoded block within a text is an attachment and not text`() {
        let bytes = mail(
            "Subject: s",
            "",
            "Hello",
            "begin 644 file one.txt",
            "+:&5L;&\\@=V]R;&0",
            "`",
            "end",
            "Bye",
            "begin 644 not closed",
            "Last"
        )
        let message = MailMessage.parse(bytes)
        #expect(message.text == "Hello\nBye\nbegin 644 not closed\nLast")
        #expect(message.parts.map(\.path) == ["1", "1.uu1"])
        #expect(message.parts[1].filename == "file one.txt")
        #expect(message.decodedBody(of: message.parts[1], in: bytes) == Array("hello world".utf8))
    }

    @Test func `a part of another mail does not trap`() {
        let part = MailMessage.parse(mail("Subject: s", "", String(repeating: "x", count: 100))).parts[0]
        #expect(MailMessage.parse([]).decodedBody(of: part, in: [1, 2, 3]) == [])
    }
}
