import Crypto
import Foundation
import LocalServers
import TestSupport
import Testing

/// Real mail nobody here wrote, all of it in one mailbox.
///
/// `BATON_CORPUS` names the folder, by default `../shared/corpus` beside the package. Where it is absent the test says how
/// much it skipped and passes, unless `BATON_REQUIRE_CORPUS=1`.
@Suite("All mail of the corpus", .timeLimit(.minutes(10)))
struct CorpusImportTests {
    private static let root: URL = {
        if let path = ProcessInfo.processInfo.environment["BATON_CORPUS"] { return URL(fileURLWithPath: path) }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return package.deletingLastPathComponent().appendingPathComponent("shared/corpus")
    }()

    /// Every mail: a file, or a message of an mbox.
    private static func mails() throws -> [(name: String, bytes: [UInt8])] {
        let manifest = try String(contentsOf: Self.root.appendingPathComponent("MANIFEST.tsv"), encoding: .utf8)
        let paths = manifest.split(separator: "\n").dropFirst().compactMap { $0.split(separator: "\t").first }
        return try paths.flatMap { path in
            let bytes = [UInt8](try Data(contentsOf: Self.root.appendingPathComponent(String(path))))
            return Self.messages(bytes).enumerated().map { (name: "\(path)#\($0)", bytes: $1) }
        }
    }

    /// The messages of an mbox, each with the line that begins it, or the file itself.
    private static func messages(_ bytes: [UInt8]) -> [[UInt8]] {
        let start = Array("From ".utf8)
        guard bytes.starts(with: start) else { return [bytes] }
        var messages: [[UInt8]] = [[]]
        var isAfterEmptyLine = false
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if isAfterEmptyLine, line.starts(with: start) { messages.append([]) }
            messages[messages.count - 1] += line + [0x0A]
            isAfterEmptyLine = line.allSatisfy { $0 == 0x0D }
        }
        messages[messages.count - 1].removeLast()
        return messages
    }

    /// Puts every mail into INBOX; the names of those the server refuses.
    private func append(_ bench: Workbench) throws -> (taken: Int, refused: [(name: String, bytes: [UInt8])]) {
        let mails = try Self.mails()
        var refused: [(name: String, bytes: [UInt8])] = []
        var observer = try bench.observer()
        for mail in mails {
            do {
                _ = try observer.append(mail.bytes, to: "INBOX")
            } catch {
                refused.append(mail)
                observer = try bench.observer()
            }
        }
        observer.logout()
        return (mails.count - refused.count, refused)
    }

    @Test func `is imported without a loss, and a second run does nothing`() async throws {
        guard FileManager.default.fileExists(atPath: Self.root.appendingPathComponent("MANIFEST.tsv").path) else {
            let isRequired = ProcessInfo.processInfo.environment["BATON_REQUIRE_CORPUS"] == "1"
            #expect(!isRequired, "no corpus at \(Self.root.path)")
            return print("Corpus: 1 import of all mail: skipped, no corpus at \(Self.root.path)")
        }
        try await Workbench.with { bench in
            let (taken, refused) = try self.append(bench)
            print("Corpus: \(taken) mails taken by the server, refused: \(refused.map(\.name))")
            #expect(taken >= 2_400)
            // No server can hold these two kinds (RFC 9051 §4.3: a literal has no NUL).
            #expect(refused.filter { !$0.bytes.isEmpty && !$0.bytes.contains(0) }.map(\.name) == [])
            try await bench.runOnce()
            let stored = try await bench.database.lines(
                "SELECT uid || ' ' || digest FROM placement_v WHERE folder = 'INBOX' AND gone_at IS NULL ORDER BY uid"
            )
            #expect(try Self.served(bench) == stored)
            #expect(stored.count == taken)
            #expect(
                try await bench.database.lines(
                    "SELECT uid::text FROM placement_v WHERE fate = 'fetched' OR fate = 'quarantined' AND reason IS NULL"
                ) == []
            )
            let verified = try await bench.verify()
            #expect(verified.status == 0 && verified.figures["accounted"] == taken)
            let rest = try await bench.database.rowVersions()
            try await bench.runOnce()
            #expect(try await bench.database.rowVersions() == rest)
        }
    }

    /// UID and digest of every mail as a separate connection reads it.
    private static func served(_ bench: Workbench) throws -> [String] {
        let observer = try bench.observer()
        defer { observer.logout() }
        _ = try observer.select("INBOX", readOnly: true)
        return try observer.messages(headers: []).map { message in
            let digest = SHA256.hash(data: try observer.body(uid: message.uid))
            return "\(message.uid) \(digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())"
        }
    }
}
