import Testing

@Suite("The reader of the compose file")
struct OutlineYAMLTests {
    @Test func `mappings, lists, texts and comments are read`() throws {
        let text = """
            # a head
            services:
              one:
                command: ["a", "b, c"]  # behind
                ports:
                  - "1:2"
                  - plain#kept
              two:
            other: "x # y"
            """
        let read = try OutlineYAML(text)
        #expect(read["services"]?["one"]?["command"]?.texts == ["a", "b, c"])
        #expect(read["services"]?["one"]?["ports"]?.texts == ["1:2", "plain#kept"])
        #expect(read["services"]?["two"] == .empty)
        #expect(read["other"]?.text == "x # y")
    }

    @Test(arguments: [
        "a: &anchor", "a: {b: c}", "a: |", "a:\n    b: c\n  d: e", "just words", "a: b\na: c", "- a\nb: c",
        "a: [\"b\"", "a: \"b", "a: b: c", "\ta: b",
    ])
    func `what it does not know is an error`(text: String) {
        #expect(throws: OutlineYAML.Failure.self) { try OutlineYAML(text) }
    }
}
