import Foundation

/// A conversation with a server, as a file of `Tests/IMAPTests/Transcripts` tells it; its README says how to write one.
struct Playable: Sendable {
    /// A line of the file.
    enum Element: Equatable, Sendable {
        /// `> …`: what the client is told to do.
        case step(String)
        /// `= …`: what comes of it.
        case result(String)
        /// `C: …`: what the client says.
        case client(String)
        /// `S: …`: what the server says, with CRLF; `S| …` without.
        case server([UInt8])
        /// Whatever follows comes in another read, even where the rest comes whole.
        case chunk
        /// The server closes the connection.
        case close
        /// The connection breaks.
        case rst
        /// So much time passes without a word.
        case wait(seconds: Int)
    }

    let name: String
    /// What the file is about: its first line.
    let title: String
    /// `Server:`, what the server offers after a log-in that is played without being written; nil where the file begins with
    /// the greeting.
    let capabilities: String?
    let elements: [Element]

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Transcripts")

    /// All transcripts, by name.
    static let all: [Playable] = {
        // A folder that cannot be read gives none, and the index is checked against what there is.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: Self.folder.path)) ?? []
        return names.filter { $0.hasSuffix(".txt") }.sorted().compactMap { name in
            (try? String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)).map {
                Playable(name: name, text: $0)
            }
        }
    }()

    init(name: String, text: String) {
        self.name = name
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        self.title = lines.first ?? ""
        self.capabilities = lines.lazy.compactMap { $0.removing("Server: ") }.first
        self.elements = lines.compactMap(Self.element)
    }

    private static func element(_ line: String) -> Element? {
        if let text = line.removing("> ") { return .step(text) }
        if let text = line.removing("= ") { return .result(text) }
        if let text = line.removing("C: ") { return .client(text) }
        if let text = line.removing("S: ") { return .server(self.bytes(text) + [13, 10]) }
        if let text = line.removing("S| ") { return .server(self.bytes(text)) }
        if let text = line.removing("wait ") { return Int(text).map { .wait(seconds: $0) } }
        return ["chunk": Element.chunk, "close": .close, "rst": .rst][line]
    }

    /// The bytes of a text in which `«0D0A»` stands for bytes in hexadecimal digits.
    private static func bytes(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "«"), let close = rest[open...].firstIndex(of: "»") {
            bytes += rest[..<open].utf8
            let digits = Array(rest[rest.index(after: open)..<close])
            for index in stride(from: 0, to: digits.count - 1, by: 2) {
                bytes.append(UInt8(String(digits[index...(index + 1)]), radix: 16) ?? 0x3f)
            }
            rest = rest[rest.index(after: close)...]
        }
        return bytes + rest.utf8
    }

    /// What the client is told, in order.
    var steps: [String] {
        self.elements.compactMap { if case .step(let text) = $0 { text } else { nil } }
    }

    /// What comes of it, in order.
    var results: [String] {
        self.elements.compactMap { if case .result(let text) = $0 { text } else { nil } }
    }

    /// Everything the server does or waits for, in order.
    var script: [Element] {
        self.elements.filter { element in
            switch element {
            case .step, .result: false
            case .client, .server, .chunk, .close, .rst, .wait: true
            }
        }
    }
}

extension String {
    /// What stands behind `prefix`; nil where the text does not begin with it.
    fileprivate func removing(_ prefix: String) -> String? {
        self.hasPrefix(prefix) ? String(self.dropFirst(prefix.count)) : nil
    }
}
