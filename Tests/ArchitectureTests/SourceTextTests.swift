import Testing

@Suite("The reader that the architecture tests rest on")
struct SourceTextTests {
    @Test(arguments: [
        ("let a = 1 // Task {", "let a = 1"),
        ("a /* one /* two */ three */ b", "a                           b"),
        ("f(\"Task { }\")", "f(\"        \")"),
        ("f(\"a\\\"b\", c)", "f(\"    \", c)"),
        ("f(\"\\(g(\"x)\"))\", c)", "f(\"          \", c)"),
        ("f(#\"a\"b\"#, c)", "f(#\"   \"#, c)"),
        ("f(#\"a\\#(b)c\"#, c)", "f(#\"       \"#, c)"),
        ("\"\"\"\n  a \"q\" // b\n\"\"\" + c", "\"\"\"\n            \n\"\"\" + c"),
        ("#if os(Linux)\nb", "#if os(Linux)\nb"),
    ])
    func `code is what is neither comment nor text`(source: String, code: String) {
        let read = SourceText(source).code
        #expect(read.trimmed == code.trimmed)
        #expect(read.filter(\.isNewline).count == source.filter(\.isNewline).count)
    }

    @Test func `texts are given as they are written`() {
        let source = "f(\"one\") /* \"no\" */ + \"\"\"\n  SELECT a\n  FROM b\n\"\"\" // \"no\""
        #expect(SourceText(source).literals == ["one", "\n  SELECT a\n  FROM b\n"])
    }
}

extension String {
    /// Without white space at both ends.
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
