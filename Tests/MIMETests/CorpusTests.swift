import Foundation
import MIME
import Testing

/// Real mail nobody here wrote, with the results its sources ship where comparing is simple.
///
/// `BATON_CORPUS` names the folder, by default `../shared/corpus` beside the package. Where it is absent the suite says
/// so and passes, unless `BATON_REQUIRE_CORPUS=1`.
@Suite("Corpus")
struct CorpusTests {
    private static let root: URL = {
        if let path = ProcessInfo.processInfo.environment["BATON_CORPUS"] { return URL(fileURLWithPath: path) }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return package.deletingLastPathComponent().appendingPathComponent("shared/corpus")
    }()

    /// The files of the manifest, as paths below ``root``; empty when the corpus is absent.
    private static let paths: [String] = {
        guard let manifest = Self.read("MANIFEST.tsv") else { return [] }
        return String(decoding: manifest, as: UTF8.self).split(separator: "\n").dropFirst().compactMap { line in
            line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false).first.map { String($0) }
        }
    }()

    private static func read(_ path: String) -> [UInt8]? {
        // An absent file is the answer here, not a fault.
        guard let data = try? Data(contentsOf: Self.root.appendingPathComponent(path)) else { return nil }
        return [UInt8](data)
    }

    /// Whether there is a corpus to test with; records a failure when there has to be one.
    private func hasCorpus(_ what: String) -> Bool {
        guard Self.paths.isEmpty else { return true }
        let isRequired = ProcessInfo.processInfo.environment["BATON_REQUIRE_CORPUS"] == "1"
        #expect(!isRequired, "no corpus at \(Self.root.path)")
        print("Corpus: \(what): skipped, no corpus at \(Self.root.path)")
        return false
    }

    /// The messages of an mbox, or the file itself.
    private static func messages(_ bytes: [UInt8]) -> [[UInt8]] {
        guard bytes.starts(with: Array("From ".utf8)) else { return [bytes] }
        var messages: [[UInt8]] = []
        var start = 0
        var isAfterEmptyLine = false
        var position = 0
        while position < bytes.count {
            let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
            let line = bytes[position..<end]
            if isAfterEmptyLine, line.starts(with: Array("From ".utf8)) {
                messages.append(Array(bytes[start..<position]))
                start = position
            }
            isAfterEmptyLine = line.allSatisfy { $0 == 0x0D }
            position = end + 1
        }
        messages.append(Array(bytes[start...]))
        return messages
    }

    @Test func `every file of the corpus is parsed within the cost law, into text a database takes`() throws {
        guard self.hasCorpus("every file") else { return }
        var count = 0
        var faults: [String] = []
        for path in Self.paths {
            let bytes = try #require(Self.read(path), "\(path) is in the manifest and not in the corpus")
            for (number, message) in Self.messages(bytes).enumerated() {
                count += 1
                let parsed = MailMessage.parse(message)
                faults += self.faults(of: parsed, size: message.count).map { "\(path)#\(number): \($0)" }
            }
        }
        print("Corpus: \(Self.paths.count) files, \(count) messages parsed")
        #expect(faults == [])
        #expect(count >= 2_433)
    }

    private func faults(of message: MailMessage, size: Int) -> [String] {
        var faults: [String] = []
        if message.stepCount > 32 * size + 1 << 20 { faults.append("\(message.stepCount) steps for \(size) bytes") }
        if message.parts.isEmpty { faults.append("no part") }
        if message.parts.contains(where: { $0.bodyRange.upperBound > size }) { faults.append("a part beyond the end") }
        if message.text.utf8.count > 512 * 1024 { faults.append("too much text") }
        if message.subject.contains("\n") { faults.append("a subject of two lines") }
        if Set(message.parts.map(\.path)).count != message.parts.count { faults.append("a path twice") }
        var texts = [message.subject, message.text, message.htmlText ?? "", message.messageID ?? ""]
        texts += (message.from + message.to + message.cc + message.replyTo).flatMap {
            [$0.displayName ?? "", $0.address, $0.comparisonKey]
        }
        texts += message.parts.flatMap {
            [$0.filename ?? "", $0.contentType.description] + $0.contentType.parameters.map(\.value)
        }
        if texts.contains(where: { $0.utf8.contains { $0 < 0x20 && $0 != 0x0A && $0 != 0x09 } }) {
            faults.append("a control")
        }
        return faults
    }

    @Test func `damaged copies of small mails are parsed too`() throws {
        guard self.hasCorpus("damaged copies") else { return }
        var random = SeededBytes(seed: 20_260_101)
        var faults: [String] = []
        for path in Self.paths {
            let bytes = try #require(Self.read(path))
            guard !bytes.isEmpty, bytes.count <= 6_000 else { continue }
            let copy = random.damaged(bytes)
            faults += self.faults(of: MailMessage.parse(copy), size: copy.count).map { "\(path): \($0)" }
        }
        #expect(faults == [])
    }

    @Test func `addresses agree with those of another parser's table`() throws {
        guard self.hasCorpus("address table") else { return }
        var tally = Tally()
        let bytes = try #require(Self.read("stalwart-mail-parser/address.json"))
        let json = try JSONSerialization.jsonObject(with: Data(bytes))
        for case let entry as [String: Any] in json as? [Any] ?? [] {
            guard let header = entry["header"] as? String, let expected = entry["expected"] as? [String: Any] else {
                continue
            }
            let message = MailMessage.parse(Array("To: \(header)\n\nx".utf8))
            let theirs = Self.addresses(["Address": expected]).filter { $0.contains("@") }
            // The table holds List-… fields too, whose URLs are no addresses.
            guard !header.contains("://"), !header.contains("?"), !header.contains("<mailto:") else { continue }
            let ours = message.to.filter { !$0.isNull }.map(\.address)
            tally.compare(header.trimmingCharacters(in: .whitespacesAndNewlines), ours, theirs)
        }
        // They keep routes, and blanks around dots, as part of the address; RFC 5322 §4.4 has neither mean anything.
        let known: Set = [
            "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
            "John Doe <jdoe@machine(comment).  example>",
        ]
        tally.show("address table", known: known)
        #expect(Set(tally.differences.keys) == known)
        #expect(tally.compared >= 27)
    }

    // MARK: - Comparison

    /// Counts agreements and keeps what differs.
    private struct Tally {
        var compared = 0
        var differences: [String: String] = [:]

        mutating func compare(_ what: String, _ ours: some Equatable & Sendable, _ theirs: some Equatable & Sendable) {
            self.compared += 1
            if "\(ours)" != "\(theirs)" { self.differences[what] = "ours \(ours), theirs \(theirs)" }
        }

        /// Prints the count, and each difference that is not among the `known` ones.
        func show(_ name: String, known: Set<String>) {
            print("Corpus: \(name): \(self.compared - self.differences.count) of \(self.compared) agree")
            for (what, difference) in self.differences where !known.contains(what) { print("  \(what): \(difference)") }
        }
    }

    @Test func `headers agree with those another parser ships`() throws {
        guard self.hasCorpus("stalwart") else { return }
        var tally = Tally()
        for path in Self.paths where path.hasPrefix("stalwart-mail-parser/eml/") && path.hasSuffix(".eml") {
            guard let expected = Self.read(path.replacingOccurrences(of: ".eml", with: ".json")),
                let bytes = Self.read(path)
            else { continue }
            let json = try JSONSerialization.jsonObject(with: Data(expected))
            guard let root = json as? [String: Any], let parts = root["parts"] as? [[String: Any]] else { continue }
            let headers = parts.first?["headers"] as? [[String: Any]] ?? []
            self.compare(path, MailMessage.parse(bytes), headers, &tally)
        }
        // Raw windows-1252 in a header: the other parser shows U+FFFD.
        let known = Set(["010", "020", "022", "052"].map { "stalwart-mail-parser/eml/legacy/\($0).eml subject" })
        tally.show("stalwart", known: known)
        #expect(tally.compared >= 241)
        #expect(Set(tally.differences.keys) == known)
    }

    private func compare(_ path: String, _ message: MailMessage, _ headers: [[String: Any]], _ tally: inout Tally) {
        var seen: Set<String> = []
        for header in headers {
            guard let name = header["name"] as? String, seen.insert(name).inserted,
                let value = header["value"] as? [String: Any]
            else {
                continue
            }
            switch name {
            case "subject":
                guard let text = value["Text"] as? String else { continue }
                tally.compare("\(path) subject", message.subject, text.split { $0.isWhitespace }.joined(separator: " "))
            case "from":
                tally.compare("\(path) from", message.from.map(\.address), Self.addresses(value))
            case "to":
                tally.compare("\(path) to", message.to.map(\.address), Self.addresses(value))
            case "message_id":
                guard let text = value["Text"] as? String else { continue }
                tally.compare("\(path) message id", message.messageID ?? "", "<\(text)>")
            case "date":
                guard let date = value["DateTime"] as? [String: Any] else { continue }
                tally.compare(
                    "\(path) date",
                    message.date.map { $0.microseconds / 1_000_000 } ?? -1,
                    Self.seconds(date)
                )
            default:
                continue
            }
        }
    }

    /// The addresses of a list or of groups, domains in small letters; entries without an `@` as names only.
    private static func addresses(_ value: [String: Any]) -> [String] {
        guard let address = value["Address"] as? [String: Any] else { return [] }
        var entries = address["List"] as? [[String: Any]] ?? []
        for group in address["Group"] as? [[String: Any]] ?? [] {
            entries += group["addresses"] as? [[String: Any]] ?? []
        }
        return entries.map { entry in
            guard let text = entry["address"] as? String, let at = text.lastIndex(of: "@") else {
                return entry["address"] as? String ?? ""
            }
            return String(text[..<at]) + text[at...].lowercased()
        }
    }

    private static func seconds(_ date: [String: Any]) -> Int64 {
        var components = DateComponents()
        components.calendar = Calendar(identifier: .gregorian)
        components.timeZone = TimeZone(secondsFromGMT: 0)
        components.year = date["year"] as? Int
        components.month = date["month"] as? Int
        components.day = date["day"] as? Int
        components.hour = date["hour"] as? Int
        components.minute = date["minute"] as? Int
        components.second = date["second"] as? Int
        let zone = (date["tz_hour"] as? Int ?? 0) * 3_600 + (date["tz_minute"] as? Int ?? 0) * 60
        let sign = date["tz_before_gmt"] as? Bool == true ? 1 : -1
        return Int64(components.date?.timeIntervalSince1970 ?? -1) + Int64(sign * zone)
    }

    @Test func `subjects and senders agree with another helpdesk`() {
        guard self.hasCorpus("zammad") else { return }
        var tally = Tally()
        for path in Self.paths where path.hasPrefix("zammad/") && path.hasSuffix(".box") {
            guard let expected = Self.read(path.replacingOccurrences(of: ".box", with: ".yml")),
                let bytes = Self.read(path)
            else { continue }
            let message = MailMessage.parse(bytes)
            let lines = String(decoding: expected, as: UTF8.self).split(separator: "\n")
            if let subject = Self.scalar("subject", lines) {
                tally.compare(
                    "\(path) subject",
                    message.subject,
                    subject.split { $0.isWhitespace }.joined(separator: " ")
                )
            }
            if let from = Self.scalar("from_email", lines) {
                tally.compare(
                    "\(path) from",
                    message.from.first { !$0.isNull }?.address.lowercased() ?? "",
                    from.lowercased()
                )
            }
        }
        let known: Set = [
            // `"…" <>`: they fall back to Reply-To, which is for the caller to do.
            "zammad/mail/mail019.box from",
            // Raw GB 2312 in the header of a mail that declares iso-8859-1: they guess by statistics.
            "zammad/mail/mail046.box subject",
            // `Test test@example.com`: they keep the name as part of the address.
            "zammad/mail/mail087.box from",
        ]
        tally.show("zammad", known: known)
        #expect(tally.compared >= 103)
        #expect(Set(tally.differences.keys) == known)
    }

    /// A scalar on one line, plain or quoted; nil when it is of any other form.
    private static func scalar(_ name: String, _ lines: [Substring]) -> String? {
        guard let index = lines.firstIndex(where: { $0.hasPrefix("\(name):") }) else { return nil }
        // A value that goes on in the next line is left out.
        if index + 1 < lines.count, lines[index + 1].hasPrefix(" ") { return nil }
        let value = lines[index].dropFirst(name.count + 1).drop { $0 == " " }
        guard let first = value.first, !"|>&!\"".contains(first) else { return nil }
        guard first == "'" else { return String(value) }
        guard value.count >= 2, value.last == "'" else { return nil }
        return value.dropFirst().dropLast().replacingOccurrences(of: "''", with: "'")
    }
}
