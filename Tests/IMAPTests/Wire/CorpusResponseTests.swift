import Foundation
import Testing

@testable import IMAP

@Suite("Other people's responses")
struct CorpusResponseTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
    }

    private static func files(below folder: String, where isWanted: (String) -> Bool) -> [Sample] {
        let root = Corpus.path + "/" + folder
        guard let paths = FileManager.default.enumerator(atPath: root) else { return [] }
        return paths.compactMap { $0 as? String }.filter(isWanted).sorted().compactMap { path in
            // A file that cannot be read is a missing sample, and the count of samples is checked.
            (try? Data(contentsOf: URL(fileURLWithPath: root + "/" + path))).map {
                Sample(testDescription: folder + "/" + path, bytes: Array($0))
            }
        }
    }

    /// Responses of another client's own tests, lines ending in LF.
    private static let responses = Self.files(below: "libetpan/imap") {
        $0.contains("response") && $0.hasSuffix(".imap")
    }

    /// Everything else that has to do with IMAP: commands, scripts with answers in them, mails and mailboxes, as noise.
    private static let noise =
        Self.files(below: "libetpan/imap") { !$0.contains("response") && $0.hasSuffix(".imap") }
        + Self.files(below: "imaptest") { _ in true } + Self.files(below: "cassandane") { _ in true }
        + Self.files(below: "horde-imap") { _ in true }

    @Test func `the corpus is there where it must be`() {
        if Self.responses.isEmpty { print("corpus not found: 20 or more files of IMAP responses skipped") }
        #expect((Self.responses.count >= 20 && Self.noise.count >= 100) || (Self.noise.isEmpty && !Corpus.isRequired))
    }

    private static func withCRLF(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        for byte in bytes {
            if byte == 10, output.last != 13 { output.append(13) }
            output.append(byte)
        }
        return output
    }

    /// What must hold whatever it is: it ends, it costs what it may, and no cut shows.
    private static func check(_ sample: Sample, _ bytes: [UInt8]) {
        #expect(FuzzTarget.framer.fault(bytes) == nil)
        let whole = Reading.items(of: bytes)
        for size in [1, 7, 4096] { #expect(Reading.items(of: bytes, pieces: size) == whole) }
    }

    @Test(arguments: Self.responses)
    func `a response is understood, or costs itself only`(_ sample: Sample) {
        Self.check(sample, sample.bytes)
        let bytes = Self.withCRLF(sample.bytes)
        Self.check(sample, bytes)
        let items = Reading.items(of: bytes + Array("* 7 EXISTS\r\n".utf8))
        if sample.testDescription.contains("overflow") {
            #expect(items.last == .failure(.limit("body literal")))
        } else {
            #expect(items.last == .response(.exists(7)))
        }
        for case .response(.unreadable(let text)) in items { Issue.record("\(text)") }
    }

    @Test(arguments: Self.noise)
    func `what is no response at all ends no process`(_ sample: Sample) {
        let bytes = Array(sample.bytes.prefix(60_000))
        Self.check(sample, Array(bytes.prefix(4000)))
        #expect(FuzzTarget.framer.fault(Self.withCRLF(bytes)) == nil)
        // Each line as one response: the answers that stand in scripts are among them.
        for line in bytes.split(separator: 10).prefix(2000) {
            if let fault = FuzzTarget.response.fault(Array(line)) { Issue.record("\(fault)") }
        }
    }

    /// The answers an IMAP server's own tests expect: all whose arguments are no place-holders.
    @Test func `answers of a server's tests are understood`() {
        var count = 0
        for sample in Self.noise where sample.testDescription.hasPrefix("imaptest/") {
            for line in sample.bytes.split(separator: 10) where line.starts(with: Array("* ".utf8)) {
                let text = String(decoding: line, as: UTF8.self)
                // Literals go on behind the line, and `$` begins a place-holder.
                guard !text.contains("$"), !text.hasSuffix("}"), !text.contains("{{{"),
                    case .response(let response)? = Reading.items(of: text + "\r\n").first
                else { continue }
                count += 1
                switch response {
                case .ignored, .unreadable:
                    let words = [
                        "SORT", "THREAD", "ACL", "MYRIGHTS", "METADATA", "GENURLAUTH", "URLFETCH", "ANNOTATION",
                    ]
                    let isKnown = words.contains { text.uppercased().contains("* " + $0) }
                    if !isKnown { Issue.record("\(sample.testDescription): \(text)") }
                case .fetch(let items):
                    if items.isMalformed { Issue.record("\(sample.testDescription): \(text)") }
                default:
                    break
                }
            }
        }
        #expect(count >= 100 || (Self.noise.isEmpty && !Corpus.isRequired))
    }
}
