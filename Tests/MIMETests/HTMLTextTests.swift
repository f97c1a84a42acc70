import Testing

@testable import MIME

@Suite("HTML to text")
struct HTMLTextTests {
    private func text(_ html: String) -> String {
        MailMessage.parse(mail(type: "text/html; charset=utf-8", body: Array(html.utf8))).text
    }

    static let cases: [(String, String)] = [
        ("<p>one</p><p>two</p>", "one\n\ntwo"), ("one<br>two<br/>three", "one\ntwo\nthree"), ("a<br><br>b", "a\n\nb"),
        ("<div>a</div><div>b</div>", "a\nb"), ("a  \n\t b&nbsp;c", "a b c"), ("<b>bo</b>ld", "bold"),
        ("a &lt;b&gt; &amp;amp; &#228;&#x20AC;", "a <b> &amp; ä€"),
        ("<style>p{}</style>a<script>if (a<b) {}</script>b", "ab"),
        ("<head><title>t</title></head><body>b</body>", "b"),
        ("<!-- c > -->a<!--[if mso]>x<![endif]-->b", "ab"), ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<pre>a\n  b</pre>", "a\n  b"), ("<a href=\"https://x.org/p\">here</a>!", "here <https://x.org/p>!"),
        ("<a href=\"https://x.org/\">x.org</a>", "x.org"), ("<a href=\"mailto:a@x.org\">a@x.org</a>", "a@x.org"),
        ("<a href=\"javascript:x\">here</a>", "here"),
        ("<a href='https://x.org/?a=1&amp;b=2'>q</a>", "q <https://x.org/?a=1&b=2>"),
        ("a<blockquote>b<br>c</blockquote>d", "a\n\n> b\n> c\n\nd"), ("a < b and c > d", "a < b and c > d"), ("", ""),
        ("<p>", ""),
        ("<p>unclosed <b>bold", "unclosed bold"), ("a<span title=\"x > y\">b</span>", "ab"), ("<td>cell</td>", "cell"),
        ("x<style>never closed", "xnever closed"), ("a <b", "a <b"), ("<h1>T</h1>x", "T\n\nx"),
        ("a&#27;[2Jb&#7;", "a[2Jb"), ("a&shy;b &euro; &unknown; &", "a\u{AD}b € &unknown; &"),
    ]

    @Test(arguments: Self.cases)
    func `libxml2's reading`(html: String, expected: String) {
        #expect(self.text(html) == expected)
    }

    @Test(arguments: Self.cases)
    func `the simple reading is the same`(html: String, expected: String) {
        var steps = 0
        var writer = HTMLText.strip(Array(html.utf8), limit: 10_000, steps: &steps)
        #expect(String(decoding: writer.finish(), as: UTF8.self) == expected)
    }

    @Test func `blocks in one another past the limit are read by taking out the tags`() {
        let html = String(repeating: "<div>", count: 20_000) + "deep" + String(repeating: "</div>", count: 20_000)
        let message = MailMessage.parse(mail(type: "text/html", body: Array(html.utf8)))
        #expect(message.text == "deep")
        #expect(message.problemKinds == [.htmlSimplified])
    }

    @Test func `blocks deeper than libxml2 reads are not lost`() {
        let html = "a" + String(repeating: "<div>", count: 400) + "deep" + String(repeating: "</div>", count: 400) + "b"
        let message = MailMessage.parse(mail(type: "text/html", body: Array(html.utf8)))
        #expect(message.text == "a\ndeep\nb")
    }

    @Test func `html without a charset may name one in itself`() {
        let html =
            Array("<meta http-equiv=Content-Type content=\"text/html; charset=koi8-r\">".utf8) + [0xF0, 0xF2, 0xE9]
        #expect(MailMessage.parse(mail(type: "text/html", body: html)).text == "ПРИ")
    }

    @Test func `html longer than is read is cut and says so`() {
        var limits = MailLimits()
        limits.html = 100
        let html = "<p>" + String(repeating: "word ", count: 100)
        let message = MailMessage.parse(mail(type: "text/html", body: Array(html.utf8)), limits: limits)
        #expect(message.text.hasPrefix("word word"))
        #expect(message.problemKinds == [.htmlCut])
    }
}
