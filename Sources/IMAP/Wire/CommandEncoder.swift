/// Writes one command: typed pieces in, bytes out, cut where a synchronising literal must wait for the server's `+`.
///
/// Nothing reaches the wire but through a typed piece, so no name or keyword can smuggle in a second command. Beside the
/// bytes it writes the line for the log, with secrets and literals replaced.
struct CommandEncoder {
    /// How literals may be sent (RFC 7888).
    enum LiteralMode: Equatable, Sendable {
        /// Each waits for a `+`.
        case synchronizing
        /// `{n+}` up to 4096 bytes (LITERAL-).
        case nonSynchronizingSmall
        /// `{n+}` (LITERAL+).
        case nonSynchronizing
    }

    /// Above this a literal waits for the server even where it need not: so a refusal comes before the bytes.
    static let smallLiteral = 4096

    private let tag: String
    private let verb: String
    private let literals: LiteralMode
    private var parts: [EncodedCommand.Part] = []
    private var current: [UInt8]
    private var log: String

    init(tag: String, verb: String, literals: LiteralMode) {
        self.tag = tag
        self.verb = verb
        self.literals = literals
        self.current = Array("\(tag) \(verb)".utf8)
        self.log = "\(tag) \(verb)"
    }

    /// Text we made ourselves; the encoder puts a space before it.
    mutating func raw(_ text: String) {
        self.current += Array(" \(text)".utf8)
        self.log += " \(text)"
    }

    /// A string as atom, quoted or literal, whichever is the plainest that can carry it.
    ///
    /// Refuses CR, LF and NUL.
    mutating func astring(_ bytes: [UInt8], isSecret: Bool = false) throws(IMAPError) {
        try self.check(bytes)
        self.current.append(Byte.space)
        self.log += " "
        self.string(bytes, isSecret: isSecret)
    }

    private func check(_ bytes: [UInt8]) throws(IMAPError) {
        guard FolderName(raw: bytes).isSendable else {
            throw IMAPError(.invalidArgument("a name, user or password holds a line end or NUL"), command: self.verb)
        }
    }

    private mutating func string(_ bytes: [UInt8], isSecret: Bool) {
        self.log += isSecret ? "‹redacted›" : String(decoding: bytes, as: UTF8.self)
        if !bytes.isEmpty, bytes.allSatisfy(Byte.isAtom), !Byte.isNil(bytes[...]), !isSecret {
            self.current += bytes
        } else if bytes.count <= 1024, bytes.allSatisfy({ $0 < 0x80 }) {
            self.current.append(Byte.quote)
            for byte in bytes {
                if byte == Byte.quote || byte == Byte.backslash { self.current.append(Byte.backslash) }
                self.current.append(byte)
            }
            self.current.append(Byte.quote)
        } else {
            self.literal(bytes)
        }
    }

    mutating func folder(_ name: FolderName) throws(IMAPError) {
        try self.astring(name.raw)
    }

    /// `(a "b c")`.
    mutating func folders(_ names: [FolderName]) throws(IMAPError) {
        for (index, name) in names.enumerated() {
            try self.check(name.raw)
            self.current += index == 0 ? [Byte.space, Byte.openParenthesis] : [Byte.space]
            self.log += index == 0 ? " (" : " "
            self.string(name.raw, isSecret: false)
        }
        self.current.append(Byte.closeParenthesis)
        self.log += ")"
    }

    /// `(\Seen $label)`.
    ///
    /// A flag is an atom, or a backslash and an atom.
    mutating func flags(_ flags: [String]) throws(IMAPError) {
        for flag in flags {
            let name = flag.utf8.first == Byte.backslash ? Array(flag.utf8.dropFirst()) : Array(flag.utf8)
            guard !name.isEmpty, name.allSatisfy({ Byte.isAtom($0) && $0 != Byte.closeBracket }) else {
                throw IMAPError(.invalidArgument("a flag holds what no flag can hold"), command: self.verb)
            }
        }
        self.raw("(" + flags.joined(separator: " ") + ")")
    }

    mutating func uids(_ set: UIDSet) throws(IMAPError) {
        guard !set.isEmpty else { throw IMAPError(.invalidArgument("no UIDs"), command: self.verb) }
        self.raw(set.description)
    }

    /// A mail as literal, last in its command.
    mutating func message(_ bytes: [UInt8]) {
        self.current.append(Byte.space)
        self.log += " "
        self.literal(bytes)
    }

    private mutating func literal(_ bytes: [UInt8]) {
        self.log += "{\(bytes.count)}‹literal›"
        let isImmediate =
            switch self.literals {
            case .synchronizing: false
            case .nonSynchronizingSmall, .nonSynchronizing: bytes.count <= Self.smallLiteral
            }
        self.current += Array("{\(bytes.count)\(isImmediate ? "+" : "")}\r\n".utf8)
        if !isImmediate {
            self.parts.append(EncodedCommand.Part(bytes: self.current, awaitsContinuation: true))
            self.current = []
        }
        self.current += bytes
    }

    /// The finished command.
    consuming func finish() -> EncodedCommand {
        self.current += [Byte.carriageReturn, Byte.lineFeed]
        self.parts.append(EncodedCommand.Part(bytes: self.current, awaitsContinuation: false))
        return EncodedCommand(tag: self.tag, verb: self.verb, parts: self.parts, log: self.log)
    }
}

/// A command ready to be sent.
struct EncodedCommand: Equatable, Sendable {
    /// Bytes to send in one go, and whether the server must ask for the next.
    struct Part: Equatable, Sendable {
        var bytes: [UInt8]
        var awaitsContinuation: Bool
    }
    let tag: String
    let verb: String
    let parts: [Part]
    /// For the log: secrets and literals replaced.
    let log: String
}
