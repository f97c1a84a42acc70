import Foundation
import Testing

@testable import IMAP

@Suite("What fuzzing has found")
struct FindingTests {
    /// Bytes that were too much for a target once.
    struct Finding: Sendable, CustomTestStringConvertible {
        let name: String
        let target: FuzzTarget
        let bytes: [UInt8]
        var testDescription: String { self.name }
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Findings")

    private static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { !$0.hasSuffix(".md") }.sorted()

    /// Names begin with their target's.
    static let findings: [Finding] = Self.names.compactMap { name in
        guard let target = FuzzTarget.allCases.first(where: { name.hasPrefix($0.rawValue + "-") }),
            let data = try? Data(contentsOf: folder.appending(path: name))
        else { return nil }
        return Finding(name: name, target: target, bytes: Array(data))
    }

    @Test func `every finding is named for its target`() {
        #expect(Self.findings.map(\.name) == Self.names)
    }

    @Test(arguments: Self.findings)
    func `what was found once is right now`(_ finding: Finding) {
        #expect(finding.target.fault(finding.bytes) == nil)
    }

    /// Every target sees what it was made for, so that one that checks nothing is found out.
    @Test(arguments: [
        (FuzzTarget.response, "* 1 FETCH (UID 5 FLAGS (a) ENVELOPE (NIL NIL) MODSEQ (7))"),
        (.response, "* SEARCH 5 4 3"), (.response, "x"), (.response, ""),
        (.framer, "* 1 FETCH (UID 1 BODY[] {5}\r\nhello FLAGS ())\r\n* LIST () \"/\" {3}\r\nabc\r\n* OK\r\n"),
        (.framer, "* 1 FETCH (BODY[] {5}\r\nhel"), (.framer, "* X {200}\r\n"), (.folderNames, "Entw&APw-rfe &- &"),
        (.folderNames, "\u{e4}&\u{7f}"), (.dates, " 5-Nov-2024 01:02:03 +0100"), (.dates, "31-Dec-1899 00:00:00 +0000"),
        (.dates, "01-Jan-1900 00:00:00 +1400"), (.commands, "\u{0}\u{3}abcx $y"), (.commands, "\u{1}\u{9}a \"b\\c x"),
    ])
    func `ordinary bytes keep every promise`(target: FuzzTarget, text: String) {
        #expect(target.fault(Array(text.utf8)) == nil)
    }
}
