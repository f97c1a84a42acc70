/// Cuts PostgreSQL's protocol 3 into messages: a type, a length, the rest (PostgreSQL documentation, "Message Formats").
struct PostgresFraming {
    let direction: WireDirection
    private var buffer: [UInt8] = []
    /// The first message of a client has no type.
    private var isFirst: Bool

    init(_ direction: WireDirection) {
        self.direction = direction
        self.isFirst = direction == .toServer
    }

    /// The messages that are complete now.
    mutating func take(_ bytes: [UInt8]) -> [[UInt8]] {
        self.buffer += bytes
        var messages: [[UInt8]] = []
        var start = 0
        while true {
            let head = self.isFirst ? 0 : 1
            guard self.buffer.count - start >= head + 4 else { break }
            let length = self.buffer[(start + head)..<(start + head + 4)].reduce(0) { $0 << 8 | Int($1) }
            guard self.buffer.count - start >= head + length else { break }
            messages.append(Array(self.buffer[start..<(start + head + length)]))
            start += head + length
            self.isFirst = false
        }
        self.buffer.removeFirst(start)
        return messages
    }

    /// The message's type; nil for the first one of a client.
    static func kind(_ message: [UInt8]) -> UInt8? {
        // A length of a first message begins with 0, which is no type.
        message.first == 0 ? nil : message.first
    }

    /// Whether a fault at this message differs from one at the message before it.
    ///
    /// Of a client: a statement or data, not a preparation. Of the server: the end of a statement, an error, a notification.
    static func isPoint(_ message: [UInt8], _ direction: WireDirection) -> Bool {
        guard let kind = self.kind(message) else { return false }
        switch direction {
        case .toServer: return "QBdcf".utf8.contains(kind)
        case .fromServer: return "CEA".utf8.contains(kind)
        }
    }

    /// What a message is: its type, and the statement's name or text, the tag, or the SQLSTATE.
    static func summary(_ message: [UInt8], _ direction: WireDirection) -> String {
        guard let kind = self.kind(message) else { return "startup" }
        let letter = String(UnicodeScalar(kind))
        let body = message.dropFirst(5)
        switch (direction, letter) {
        case (.toServer, "Q"): return "Q \(self.text(body).prefix { $0 != " " && $0 != "\n" })"
        case (.toServer, "P"): return "P \(self.text(body))"
        case (.toServer, "B"): return "B \(self.text(body.drop { $0 != 0 }.dropFirst()))"
        case (.fromServer, "C"): return "C \(self.text(body))"
        case (.fromServer, "Z"): return "Z \(self.text(body))"
        case (.fromServer, "E"):
            let fields = body.split(separator: 0)
            return "E \(fields.first { $0.first == UInt8(ascii: "C") }.map { self.text($0.dropFirst()) } ?? "")"
        case (.fromServer, "A"): return "A \(self.text(body.dropFirst(4)))"
        default: return letter
        }
    }

    /// The first word of the statement that a message makes the unnamed one; nil for any other message.
    static func unnamed(_ message: [UInt8], _ direction: WireDirection) -> String? {
        let body = message.dropFirst(5)
        guard direction == .toServer, self.kind(message) == UInt8(ascii: "P"), body.first == 0 else { return nil }
        return self.text(body.dropFirst().prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") })
    }

    /// In the place of a Bind: a statement that fails with this SQLSTATE when it is executed.
    static func bindFailing(_ sqlState: String) -> [UInt8] {
        let text = "DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''\(sqlState)'', MESSAGE = ''said by the proxy''; END'"
        // No name, the text, no types of parameters; no portal, no name, no formats, no parameters, no formats of results.
        let parse = [0] + Array(text.utf8) + [0, 0, 0]
        let bind: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
        return [UInt8(ascii: "P")] + self.length(parse.count + 4) + parse
            + [UInt8(ascii: "B")] + self.length(bind.count + 4) + bind
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.prefix { $0 != 0 }.prefix(120), as: UTF8.self)
    }

    /// An ErrorResponse with this SQLSTATE, and a ReadyForQuery in this state (`I`, `T` or `E`).
    static func failure(_ sqlState: String, then state: UInt8) -> [UInt8] {
        var fields: [UInt8] = []
        for (code, text) in [("S", "ERROR"), ("V", "ERROR"), ("C", sqlState), ("M", "said by the proxy")] {
            fields += Array(code.utf8) + Array(text.utf8) + [0]
        }
        fields.append(0)
        return [UInt8(ascii: "E")] + self.length(fields.count + 4) + fields
            + [UInt8(ascii: "Z")] + self.length(5) + [state]
    }

    /// A simple query.
    static func query(_ text: String) -> [UInt8] {
        [UInt8(ascii: "Q")] + self.length(text.utf8.count + 5) + Array(text.utf8) + [0]
    }

    private static func length(_ count: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
    }
}
