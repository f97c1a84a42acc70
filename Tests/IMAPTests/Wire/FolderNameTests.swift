import IMAP
import Testing

@Suite("Folder names")
struct FolderNameTests {
    static let pairs: [(String, String)] = [
        ("INBOX", "INBOX"), ("Entw&APw-rfe", "Entwürfe"), ("Tom &- Jerry", "Tom & Jerry"),
        ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"), ("&2D3eAA-", "😀"), ("a&AAk-b", "a\tb"), ("", ""),
        ("&-&-", "&&"),
    ]

    @Test(arguments: Self.pairs)
    func `modified UTF-7 decodes`(raw: String, display: String) {
        #expect(FolderName(raw: Array(raw.utf8)).display == display)
    }

    @Test(arguments: Self.pairs)
    func `modified UTF-7 encodes`(raw: String, display: String) {
        #expect(FolderName(encoding: display).raw == Array(raw.utf8))
    }

    @Test(arguments: ["&", "&x", "a&b", "&A-", "&AA-", "&2D0-", "&3gA-", "&APw", "&AP!-", "&//8-"])
    func `what is not valid is shown as it stands`(raw: String) {
        #expect(FolderName(raw: Array(raw.utf8)).display == raw)
    }

    @Test func `UTF-8 is accepted as it is`() {
        #expect(FolderName(raw: Array("Entwürfe".utf8)).display == "Entwürfe")
    }

    @Test(arguments: [
        ("INBOX", "inbox", true), ("INBOX", "Inbox", true), ("INBOX/x", "inbox/x", false), ("A", "a", false),
        ("\u{e9}", "e\u{301}", false), ("INBOX", "INBO8", false),
    ])
    func `names are equal by bytes, INBOX in any case`(left: String, right: String, expected: Bool) {
        let left = FolderName(raw: Array(left.utf8))
        let right = FolderName(raw: Array(right.utf8))
        #expect((left == right) == expected)
        #expect(Set([left, right]).count == (expected ? 1 : 2))
    }

    @Test func `a name of many unclosed shifts costs linear time`() {
        let name = FolderName(raw: Array(String(repeating: "&a", count: 50_000).utf8))
        #expect(name.display.utf8.count == 100_000)
    }
}
