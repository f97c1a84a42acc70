/// What a proxy does with the bytes it gets, free of sockets: bytes in, effects out.
///
/// Messages are counted in each direction since ``arm(_:)``, on all connections; the fault acts once, at its message. After it
/// everything passes again.
struct WireRelay {
    /// What the sockets have to do, in this order.
    enum Effect: Equatable {
        /// Sends bytes on a connection, in a direction.
        case send([UInt8], WireDirection, Int)
        /// Ends a connection: resets the program's side, lets the server read what it was sent.
        case reset(Int)
        /// Ends a connection cleanly on both sides.
        case finish(Int)
        /// Says that the program's time has come: to be killed, or to be stopped.
        case signal
        /// Lets a stalled connection go on after ``WireFault/stallTime``.
        case resumeLater(Int)
    }

    private struct Connection {
        var imap: [WireDirection: IMAPFraming] = [:]
        var postgres: [WireDirection: PostgresFraming] = [:]
        /// Bytes that wait, while the connection is held.
        var held: [WireDirection: [UInt8]] = [:]
        var isHeld = false
        /// The tag of the command whose answer is held by ``holdPattern``.
        var heldTag: String?
        var trick: Trick?
        /// The connection ends when the statement that passes now has passed whole; whether the program is killed then.
        var ending: Bool?
        var isOver = false
        /// PostgreSQL: the directions in which a transaction is open, since what was sent may be ahead of what was answered.
        var inTransaction: Set<WireDirection> = []
        /// PostgreSQL: what the unnamed statement is, by its first word.
        var unnamed = ""
    }

    /// An answer that is being changed, until its end.
    private enum Trick {
        /// No proof, and NO to the command with this tag.
        case deny(tag: String)
        /// What the server says to a COMMIT that was a ROLLBACK on its way, up to ReadyForQuery, is replaced by this error.
        case fail(String)
    }

    let link: WireLink
    private var connections: [Int: Connection] = [:]
    private var fault: WireFault?
    private var counts: [WireDirection: Int] = [:]
    private(set) var entries: [WireEntry] = []
    /// The message at which the fault acted.
    private(set) var fired: WireEntry?
    /// The next command that contains it gets no answer.
    var holdPattern: String?
    /// After so many more lines of the server nothing passes.
    var linesLeft: Int?
    private(set) var isFrozen = false

    init(_ link: WireLink) {
        self.link = link
    }
}

// MARK: - What the proxy is told

extension WireRelay {
    /// Counts from 1 again, forgets what passed, and waits for this fault; nil only counts.
    mutating func arm(_ fault: WireFault?) {
        self.fault = fault?.link == self.link ? fault : nil
        self.counts = [:]
        self.entries = []
        self.fired = nil
    }

    mutating func opened(_ id: Int) {
        var connection = Connection()
        for direction in WireDirection.allCases {
            connection.imap[direction] = IMAPFraming(direction)
            connection.postgres[direction] = PostgresFraming(direction)
        }
        self.connections[id] = connection
    }

    mutating func closed(_ id: Int) {
        self.connections[id] = nil
    }

    /// Everything passes again, what was held first.
    mutating func release() -> [Effect] {
        self.holdPattern = nil
        self.linesLeft = nil
        self.isFrozen = false
        return self.connections.keys.sorted().flatMap { self.resume($0) }
    }

    /// One connection goes on.
    mutating func resume(_ id: Int) -> [Effect] {
        guard let held = self.connections[id]?.held else { return [] }
        self.connections[id]?.held = [:]
        self.connections[id]?.isHeld = false
        self.connections[id]?.heldTag = nil
        return WireDirection.allCases.flatMap { direction in
            self.received(held[direction] ?? [], direction, id)
        }
    }

    /// Whether the server has answered the command whose answer is held.
    var hasHeldAnswer: Bool {
        self.connections.values.contains { connection in
            guard let tag = connection.heldTag, let held = connection.held[.fromServer] else { return false }
            return String(decoding: held, as: UTF8.self).contains("\(tag) OK")
        }
    }

    /// Connections that are open now, by number.
    var openConnections: Set<Int> { Set(self.connections.keys) }
}

// MARK: - Bytes

extension WireRelay {
    /// Bytes of one side; the effects come in the order in which they are to happen.
    mutating func received(_ bytes: [UInt8], _ direction: WireDirection, _ id: Int) -> [Effect] {
        guard let connection = self.connections[id], !connection.isOver, !bytes.isEmpty else { return [] }
        var bytes = bytes
        if connection.isHeld || direction == .fromServer && (self.isFrozen || connection.heldTag != nil) {
            self.connections[id]?.held[direction, default: []] += bytes
            return []
        }
        if direction == .fromServer, let left = self.linesLeft { bytes = self.freeze(bytes, after: left, id) }
        var effects: [Effect] = []
        let messages = self.messages(bytes, direction, id)
        for (index, message) in messages.enumerated() {
            guard let now = self.connections[id], !now.isOver else { break }
            if now.isHeld {
                self.connections[id]?.held[direction, default: []] += messages[index...].joined()
                break
            }
            effects += self.pass(message, direction, id)
        }
        return effects
    }

    private mutating func messages(_ bytes: [UInt8], _ direction: WireDirection, _ id: Int) -> [[UInt8]] {
        switch self.link {
        case .imap: self.connections[id]?.imap[direction]?.take(bytes) ?? []
        case .postgres: self.connections[id]?.postgres[direction]?.take(bytes) ?? []
        }
    }

    private mutating func freeze(_ bytes: [UInt8], after left: Int, _ id: Int) -> [UInt8] {
        var lines = 0
        var end = 0
        while end < bytes.count, lines < left {
            if bytes[end] == UInt8(ascii: "\n") { lines += 1 }
            end += 1
        }
        self.linesLeft = left - lines
        self.isFrozen = left == lines
        self.connections[id]?.held[.fromServer, default: []] += bytes[end...]
        return Array(bytes[..<end])
    }

    private mutating func note(_ message: [UInt8], _ direction: WireDirection, _ id: Int) -> WireEntry {
        let isPoint: Bool
        let isDecisive: Bool
        let summary: String
        switch self.link {
        case .imap:
            isPoint = true
            summary = IMAPFraming.summary(message, direction)
            isDecisive = IMAPFraming.isDecisive(summary, direction)
        case .postgres:
            isPoint = PostgresFraming.isPoint(message, direction)
            summary = self.summary(message, direction, id)
            let isOpen = self.connections[id]?.inTransaction.contains(direction) ?? false
            isDecisive = isOpen ? summary.hasSuffix(" COMMIT") : !summary.hasSuffix(" BEGIN")
            self.follow(summary, direction, id)
        }
        if isPoint { self.counts[direction, default: 0] += 1 }
        let entry = WireEntry(
            direction: direction,
            ordinal: isPoint ? self.counts[direction] ?? 0 : 0,
            connection: id,
            isDecisive: isDecisive,
            summary: summary
        )
        if isPoint { self.entries.append(entry) }
        return entry
    }

    /// As the message says it; where it names no statement, what that was.
    private mutating func summary(_ message: [UInt8], _ direction: WireDirection, _ id: Int) -> String {
        if let word = PostgresFraming.unnamed(message, direction) { self.connections[id]?.unnamed = word }
        let summary = PostgresFraming.summary(message, direction)
        return summary == "B " ? summary + (self.connections[id]?.unnamed ?? "") : summary
    }

    /// Keeps up with where transactions begin and end: BEGIN and COMMIT may pass in the middle of a pipeline.
    private mutating func follow(_ summary: String, _ direction: WireDirection, _ id: Int) {
        if summary.hasSuffix(" BEGIN") {
            self.connections[id]?.inTransaction.insert(direction)
        } else if summary.hasSuffix(" COMMIT") {
            self.connections[id]?.inTransaction.remove(direction)
        } else if summary.hasPrefix("Z ") {
            self.connections[id]?.inTransaction = summary == "Z I" ? [] : Set(WireDirection.allCases)
        }
    }

    private mutating func pass(_ message: [UInt8], _ direction: WireDirection, _ id: Int) -> [Effect] {
        var effects: [Effect] = []
        if direction == .toServer, let kills = self.connections[id]?.ending, self.isNextStatement(message) {
            return self.end(id, kills)
        }
        let entry = self.note(message, direction, id)
        if entry.ordinal > 0, let fault = self.fault, fault.strikes(entry) {
            self.fault = nil
            self.fired = entry
            effects = self.act(fault.action, message, entry)
        } else {
            effects = self.deliver(message, direction, id)
        }
        if direction == .toServer, let kills = self.connections[id]?.ending, self.endsStatement(message) {
            effects += self.end(id, kills)
        }
        if direction == .toServer, let pattern = self.holdPattern, entry.summary.contains(pattern) {
            self.holdPattern = nil
            self.connections[id]?.heldTag = Self.tag(message)
        }
        return effects
    }

    private mutating func end(_ id: Int, _ kills: Bool) -> [Effect] {
        self.connections[id]?.isOver = true
        return (kills ? [.signal] : []) + [.reset(id)]
    }

    // A bound statement runs with its Execute and is answered with its Sync; a line and a simple query are whole.
    private func endsStatement(_ message: [UInt8]) -> Bool {
        guard self.link == .postgres else { return true }
        return PostgresFraming.kind(message).map { "QSdcf".utf8.contains($0) } ?? true
    }

    private func isNextStatement(_ message: [UInt8]) -> Bool {
        guard self.link == .postgres else { return false }
        return PostgresFraming.kind(message).map { "PB".utf8.contains($0) } ?? false
    }

    static func tag(_ message: [UInt8]) -> String {
        String(decoding: message.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
    }
}

// MARK: - The fault

extension WireRelay {
    private mutating func act(_ action: WireFault.Action, _ message: [UInt8], _ entry: WireEntry) -> [Effect] {
        let id = entry.connection
        switch action {
        case .kill: return self.end(id, true)
        case .cut: return self.end(id, false)
        case .forwardThenKill, .forwardThenCut:
            self.connections[id]?.ending = action == .forwardThenKill
            return [.send(message, entry.direction, id)]
        case .truncate:
            self.connections[id]?.isOver = true
            return [.send(Array(message[..<(message.count / 2)]), entry.direction, id), .finish(id)]
        case .stall, .hold:
            self.connections[id]?.isHeld = true
            self.connections[id]?.held[entry.direction, default: []] += message
            return [action == .stall ? .resumeLater(id) : .signal]
        case .drop:
            return []
        case .answerNo, .answerBad:
            return [.send(WireLie.refusal(of: message, action == .answerNo ? "NO" : "BAD"), .fromServer, id)]
        case .shiftCopyUID, .foreignCopyUID:
            return [.send(WireLie.copyUID(message, isForeign: action == .foreignCopyUID), .fromServer, id)]
        case .deny:
            self.connections[id]?.trick = .deny(tag: Self.tag(message))
            return [.send(message, .toServer, id)]
        case .failSerialization, .failDiskFull:
            let state = action == .failSerialization ? "40001" : "53100"
            guard entry.summary == "Q COMMIT" else {
                // The server itself fails, whatever the message is in the middle of.
                return [.send(PostgresFraming.bindFailing(state), .toServer, id)]
            }
            self.connections[id]?.trick = .fail(state)
            return [.send(PostgresFraming.query("ROLLBACK"), .toServer, id)]
        }
    }

    /// Sends a message on, as it is or as a trick wants it.
    private mutating func deliver(_ message: [UInt8], _ direction: WireDirection, _ id: Int) -> [Effect] {
        guard direction == .fromServer, let trick = self.connections[id]?.trick else {
            return [.send(message, direction, id)]
        }
        switch trick {
        case .deny(let tag):
            if String(decoding: message.prefix(200), as: UTF8.self).contains("[COPYUID ") {
                guard Self.tag(message) == tag else { return [] }
            }
            guard Self.tag(message) == tag else { return [.send(message, direction, id)] }
            self.connections[id]?.trick = nil
            return [.send(WireLie.refusal(of: message, "NO"), direction, id)]
        case .fail(let state):
            guard PostgresFraming.kind(message) == UInt8(ascii: "Z") else { return [] }
            self.connections[id]?.trick = nil
            return [.send(PostgresFraming.failure(state, then: UInt8(ascii: "I")), direction, id)]
        }
    }
}

/// What a server would not say.
enum WireLie {
    /// A tagged answer of another kind, without its code.
    static func refusal(of message: [UInt8], _ kind: String) -> [UInt8] {
        Array("\(WireRelay.tag(message)) \(kind) Said by the proxy.\r\n".utf8)
    }

    /// The same line with other destination UIDs: those that come next, or 1, which is an older message's.
    static func copyUID(_ message: [UInt8], isForeign: Bool) -> [UInt8] {
        let text = String(decoding: message, as: UTF8.self)
        guard let start = text.firstRange(of: "[COPYUID "), let end = text[start.upperBound...].firstIndex(of: "]")
        else {
            return message
        }
        let words = text[start.upperBound..<end].split(separator: " ").map(String.init)
        guard words.count == 3 else { return message }
        let set = words[2].split(separator: ",").map { part in
            part.split(separator: ":").map { number in
                isForeign ? "1" : String((Int(number) ?? 0) + 1)
            }.joined(separator: ":")
        }.joined(separator: ",")
        let lie = "\(words[0]) \(words[1]) \(isForeign ? "1" : set)"
        return Array((text[..<start.upperBound] + lie + text[end...]).utf8)
    }
}
