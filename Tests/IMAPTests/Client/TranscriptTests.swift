import Foundation
import Testing

@testable import IMAP

@Suite("Transcripts of what servers have done in the field", .timeLimit(.minutes(2)))
struct TranscriptTests {
    private static let deliveries: [Stage.Delivery] = [
        .whole, .byteByByte, .random(seed: 1), .random(seed: 2), .random(seed: 3),
    ]

    @Test(arguments: Playable.all)
    func `the client does what the transcript says, however the bytes are cut`(_ playable: Playable) async throws {
        for delivery in Self.deliveries {
            let outcome = try await Stage(playable: playable, delivery: delivery).play()
            #expect(outcome.fault == nil, "\(delivery)")
            #expect(outcome.results == playable.results, "\(delivery)")
            guard outcome.fault == nil, outcome.results == playable.results else { return }
        }
    }

    // MARK: - The player

    @Test(arguments: [
        "> noop\nC: $a NOOP\nS: $a OK\n> noop", "> noop\nC: $a CHECK\nS: $a OK", "> noop\nS: * OK",
        "> noop\nC: $a NOOP\nS: $a OK\nC: $b NOOP", "> noop\nC: $a NOOP\nS: $b OK",
    ])
    func `a conversation that goes another way than its script is a fault`(text: String) async throws {
        let playable = Playable(name: "x", text: "x\nServer: IMAP4rev1\n\n" + text)
        let outcome = try await Stage(playable: playable, delivery: .whole).play()
        #expect(outcome.fault != nil || outcome.results.contains { $0.hasPrefix("!") })
    }

    // MARK: - The index

    /// One line of the index: a row of a list, and what holds it.
    private struct Entry {
        let row: String
        let holder: String
    }

    private static func index() throws -> [Entry] {
        let text = try String(contentsOf: Playable.folder.appending(path: "README.md"), encoding: .utf8)
        return text.matches(of: #/(?m)^\| ([QA]\d+) \| (.+?) \|$/#).map { match in
            Entry(row: String(match.output.1), holder: String(match.output.2))
        }
    }

    @Test func `every row of the two lists is held by a transcript, by another test, or by a reason`() throws {
        let entries = try Self.index()
        #expect(entries.map(\.row) == (1...80).map { "Q\($0)" } + (1...34).map { "A\($0)" })
        let names = Set(Playable.all.map(\.name))
        for entry in entries {
            let files = entry.holder.matches(of: #/`(Q[^`]+\.txt)`/#).map { String($0.output.1) }
            #expect(names.isSuperset(of: files), "\(entry.row)")
            if let row = Int(entry.row.dropFirst()), entry.row.hasPrefix("Q") {
                let head = "Q\(row < 10 ? "0" : "")\(row)-"
                #expect(files.allSatisfy { $0.hasPrefix(head) }, "\(entry.row)")
            }
            let tests = entry.holder.matches(of: #/`([\w/]+\.swift): ([^`]+)`/#)
            for test in tests {
                let path = Playable.folder.deletingLastPathComponent().deletingLastPathComponent()
                    .appending(path: String(test.output.1))
                let text = try String(contentsOf: path, encoding: .utf8)
                #expect(text.contains("func `\(test.output.2)`"), "\(entry.row): \(test.output.2)")
            }
            let isReason = entry.holder.hasPrefix("no test: ") && entry.holder.count > 40
            #expect(!files.isEmpty || !tests.isEmpty || isReason, "\(entry.row)")
        }
    }

    @Test func `every transcript is in the index, and says what it is about`() throws {
        let text = try String(contentsOf: Playable.folder.appending(path: "README.md"), encoding: .utf8)
        #expect(Playable.all.count >= 40)
        for playable in Playable.all {
            #expect(text.contains("`\(playable.name)`"), "\(playable.name)")
            #expect(playable.title.count > 10 && !playable.steps.isEmpty && !playable.results.isEmpty)
        }
    }
}

extension Playable: CustomTestStringConvertible {
    var testDescription: String { "\(self.name): \(self.title)" }
}
