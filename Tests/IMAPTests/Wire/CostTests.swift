import Testing

@testable import IMAP

@Suite("The cost laws of reading")
struct CostTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Input of about the given number of bytes.
        let input: @Sendable (Int) -> String

        init(_ name: String, _ input: @escaping @Sendable (Int) -> String) {
            self.testDescription = name
            self.input = input
        }

        /// `head`, as many of `piece` as fit, `tail`.
        init(_ name: String, _ head: String, _ piece: String, _ tail: String = "") {
            self.init(name) { size in
                head + String(repeating: piece, count: max(1, size / piece.utf8.count)) + tail + "\r\n"
            }
        }
    }

    /// Nothing ends a session here but the cost itself.
    private static let limits = IMAPLimits(
        line: .max,
        setLine: .max,
        literal: .max,
        response: .max,
        bodies: 16,
        flags: .max - 1,
        words: .max,
        text: .max
    )

    static let rows: [Row] = [
        Row("small literals", "* ODD", " {1}\r\nx"), Row("literals in FETCH", "* 1 FETCH (X (", " {1}\r\nx", "))"),
        Row("a mail", "* 1 FETCH (UID 1 BODY[] {100000}\r\n", "x"),
        Row("quotes that never close", "* 1 FETCH (X ", "\"x"), Row("quotes in names", "* 1 FETCH (", "\"x\" \"y "),
        Row("strings in a list", "* 1 FETCH (X (", "\"x\" ", "))"),
        Row("escapes", "* LIST () \"/\" \"", "\\\\\\\"", "\""),
        Row("nested lists", "* 1 FETCH (X (", "("), Row("closed lists", "* 1 FETCH (X (", "() ", "))"),
        Row("closing too often", "* 1 FETCH (", ")"), Row("stray items", "* 1 FETCH (", "x ", ")"),
        Row("UIDs", "* 1 FETCH (", "UID 1 ", ")"), Row("flags", "* 1 FETCH (UID 1 FLAGS (", "a ", "))"),
        Row("flags unclosed", "* 1 FETCH (UID 1 FLAGS (", "a "),
        Row("labels", "* 1 FETCH (X-GM-LABELS (", "\"a\" ", "))"),
        Row("malformed items", "* 1 FETCH (", "UID x ", ")"), Row("sections", "* 1 FETCH (", "BODY[A] NIL ", ")"),
        Row("sections unclosed", "* 1 FETCH (", "BODY[ "), Row("strings in sections", "* 1 FETCH (BODY[H (", "\"a\" "),
        Row("origins", "* 1 FETCH (BODY[]<", "1"), Row("envelopes", "* 1 FETCH (", "ENVELOPE (\"a\" \"b\") ", ")"),
        Row("addresses", "* 1 FETCH (ENVELOPE (NIL NIL (", "(NIL NIL \"a\" \"b\")", ")))"),
        Row("addresses nested", "* 1 FETCH (ENVELOPE (NIL NIL ", "("),
        Row("parts", "* 1 FETCH (BODYSTRUCTURE (", "(\"a\" \"b\")", "))"),
        Row("parts unclosed", "* 1 FETCH (BODYSTRUCTURE (", "(("),
        Row("parameters", "* 1 FETCH (BODYSTRUCTURE (\"a\" \"b\" (", "\"c\" \"d\" ", ")))"),
        Row("numbers", "* 1 FETCH (RFC822.SIZE ", "9"), Row("a fraction", "* 1 FETCH (RFC822.SIZE 1.", "9"),
        Row("a date", "* 1 FETCH (INTERNALDATE \"", " ", "\")"), Row("a sequence number", "* ", "9", " EXISTSX"),
        Row("search, sorted", "* SEARCH", " 1"), Row("search, in runs", "* SEARCH", " 1 2 3"),
        Row("search, falling") { size in
            "* SEARCH " + (0..<(size / 7)).map { "\(999_999 - $0 * 2)" }.joined(separator: " ") + "\r\n"
        },
        Row("search, zigzag") { size in
            "* SEARCH " + (0..<(size / 7)).map { "\(500_000 + ($0 % 2 == 0 ? $0 : -$0) * 2)" }.joined(separator: " ")
                + "\r\n"
        },
        Row("search, lists", "* SEARCH ", "("), Row("extended search", "* ESEARCH", " X (1)"),
        Row("extended search, unread", "* ESEARCH", " ALL x"), Row("correlator", "* ESEARCH (", "TAG "),
        Row("vanished", "* VANISHED 1", ",1:3"), Row("vanished, options", "* VANISHED (", "x "),
        Row("vanished, falling") { size in
            "* VANISHED 1" + (0..<(size / 7)).map { ",\(999_999 - $0 * 2)" }.joined() + "\r\n"
        },
        Row("capabilities", "* CAPABILITY", " X"), Row("literal capabilities", "* CAPABILITY", " LITERAL +"),
        Row("folder attributes", "* LIST (", "\\a "), Row("a folder's name", "* LIST () \"/\" ", "a ("),
        Row("a folder's name in lists", "* LIST () \"/\" a", " (\"b\""),
        Row("folder data", "* LIST () \"/\" a (", "\"b\" (c) ", ")"),
        Row("status items", "* STATUS a (", "MESSAGES 1 ", ")"),
        Row("status nonsense", "* STATUS a (", "MESSAGES (x) ", ")"),
        Row("namespaces", "* NAMESPACE (", "(\"a\" \"/\")", ")"), Row("namespaces unclosed", "* NAMESPACE (", "(\"a\""),
        Row("quotas", "* QUOTA \"\" (", "A 1 2 ", ")"), Row("quota roots", "* QUOTAROOT a", " b"),
        Row("identity", "* ID (", "\"a\" \"b\" ", ")"), Row("a code", "* OK [X ", "y "),
        Row("code in quotes", "* OK [X \"", "\\\""),
        Row("code of capabilities", "* OK [CAPABILITY ", "X ", "] y"),
        Row("code of flags", "* OK [PERMANENTFLAGS (", "a ", ")] y"),
        Row("code of UIDs", "* OK [COPYUID 1 1", ",1", " 1] y"), Row("progress", "* OK [INPROGRESS (", "1 ", ")] y"),
        Row("a text", "* OK ", "x"), Row("an unknown word", "* ", "x"), Row("no response at all", "", "x y "),
        Row("noise", "\0\r\n", "\0\n"), Row("short responses", "", "* 1 EXISTS\r\n"), Row("digits", "* X {", "1", "}"),
        Row("look-alike literals", "* 1 FETCH (", "x] {1}\r\ny", ")"), Row("parentheses", "* ", "("),
        Row("tagged", "A1 OK [", "["),
    ]

    /// Steps to read `text` in pieces of `size` bytes; a failure is a result like others.
    private static func steps(_ text: String, pieces size: Int) -> Int {
        let bytes = Array(text.utf8)
        var framer = ResponseFramer(limits: self.limits)
        var offset = 0
        while offset < bytes.count {
            let piece = Array(bytes[offset..<min(offset + size, bytes.count)])
            offset += piece.count
            var taken = 0
            do {
                while try framer.next(piece.span, taken: &taken) != .starved {}
            } catch {
                return framer.steps
            }
        }
        return framer.steps
    }

    @Test(arguments: Self.rows)
    func `every byte costs at most 32 steps, and twice the bytes twice the steps`(row: Row) {
        let size = 4096
        for pieces in [1, 512, .max / 2] {
            let costs = [1, 2, 4].map { times -> (bytes: Int, steps: Int) in
                let text = row.input(size * times)
                return (text.utf8.count, Self.steps(text, pieces: pieces))
            }
            #expect(costs.allSatisfy { $0.steps <= 32 * $0.bytes + 1000 }, "\(costs)")
            #expect(costs[1].steps <= costs[0].steps * 9 / 4 + 1000, "\(costs)")
            #expect(costs[2].steps <= costs[0].steps * 19 / 4 + 1000, "\(costs)")
        }
    }

    @Test(arguments: ["&", "&a", "&AAAA", "&AAAA-", "&2D3eAA-", "a", "&&-", "\u{e4}"])
    func `folder names cost no more`(piece: String) {
        let costs = [1, 2, 4].map { times -> (bytes: Int, steps: Int) in
            let bytes = Array(String(repeating: piece, count: 1000 * times).utf8)
            var steps = 0
            _ = ModifiedUTF7.decode(bytes, steps: &steps)
            return (bytes.count, steps)
        }
        #expect(costs.allSatisfy { $0.steps <= 32 * $0.bytes + 1000 }, "\(costs)")
        #expect(costs[2].steps <= costs[0].steps * 19 / 4 + 1000, "\(costs)")
    }
}
