import Desk
import Testing

@testable import baton

@Suite("What a probe tells")
struct ProbeReportTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let layout: Layout?
        var prefix = ""
        var delimiter: String? = "/"
        var handle: String? = "ann"
        var allowsKeywords: Bool? = true
        let says: [String]
        var saysNot: [String] = []

        var testDescription: String { "\(LayoutChoice.text(self.layout)) \(self.prefix)\(self.delimiter ?? "flat")" }
    }

    @Test(arguments: [
        Case(
            layout: nil,
            says: ["observed only", "--layout both, ann's tickets would go to Agents/ann"],
            saysNot: ["lie in"]
        ),
        Case(layout: .folders, says: ["Agents/ann", "Closed"], saysNot: ["owner-ann"]),
        Case(layout: .folders, prefix: "INBOX.", delimiter: ".", says: ["INBOX.Agents.ann", "INBOX.Closed"]),
        Case(layout: .folders, delimiter: nil, says: ["Agents-ann"]),
        Case(layout: .folders, handle: nil, says: ["an agent's tickets"]),
        Case(layout: .keywords, says: ["owner-ann", "INBOX"], saysNot: ["Agents/ann"]),
        Case(layout: .keywords, allowsKeywords: false, says: ["use --layout folders"]),
        Case(layout: .both, says: ["Agents/ann", "owner-ann"], saysNot: ["no keywords"]),
        Case(layout: .both, allowsKeywords: nil, says: ["owner-ann"], saysNot: ["no keywords"]),
        Case(layout: nil, allowsKeywords: false, says: ["can only be folders", "--layout folders, ann's"]),
    ])
    func `how owners will show follows layout and server`(sample: Case) throws {
        let lines = ProbeReport.appearance(
            layout: sample.layout,
            names: FolderNames(prefix: sample.prefix, delimiter: sample.delimiter),
            agent: try sample.handle.map { try Handle($0) },
            allowsKeywords: sample.allowsKeywords
        ).joined(separator: "\n")
        for part in sample.says { #expect(lines.contains(part), "\(lines)") }
        for part in sample.saysNot { #expect(!lines.contains(part), "\(lines)") }
    }
}
