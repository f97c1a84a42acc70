/// A small IMAP client that looks at a mailbox as a separate connection sees it, and acts as an agent's mail client would.
///
/// It talks in clear text to a private server on loopback and shares no code with Baton's IMAP. Every call blocks until
/// the answer is there or the timeout is over.
package final class ObserverClient {
    /// A folder as LIST names it.
    package struct Folder: Equatable, Sendable {
        /// The name as it is on the wire (modified UTF-7).
        package let name: String
        /// With their backslash, in the server's order.
        package let attributes: [String]
        /// Nil in a flat name space.
        package let delimiter: String?
    }

    /// What SELECT says of a folder.
    package struct Selected: Equatable, Sendable {
        /// The folder's UIDVALIDITY.
        package let uidValidity: UInt32
        /// The UID the next message will have, at least.
        package let uidNext: UInt32
        /// How many messages it holds.
        package let exists: Int
        /// Nil where the server keeps no MODSEQ for it.
        package let highestModSeq: UInt64?
    }

    /// A message as FETCH shows it.
    package struct Message: Equatable, Sendable {
        /// Its UID in the selected folder.
        package let uid: UInt32
        /// System flags and keywords as the server spells them, sorted; `\Recent` left out.
        package let flags: [String]
        /// INTERNALDATE as the server writes it.
        package let internalDate: String
        /// RFC822.SIZE, in bytes.
        package let size: Int
        /// The headers asked for, by lower-case name, unfolded; of a repeated header the first.
        package let headers: [String: String]
    }

    /// A message with its bytes.
    package struct Mail: Equatable, Sendable {
        /// Its UID, flags and arrival; no headers.
        package let message: Message
        /// What BODY[] says.
        package let bytes: [UInt8]
    }

    private let socket: LoopbackSocket
    private var lastTag = 0

    /// Connects to a port of 127.0.0.1 in clear text and logs in.
    ///
    /// - Throws: ``LocalServersError``, as every call here: refused when the server says no.
    package init(port: Int, user: String, password: String, timeout: Duration = .seconds(10)) throws {
        self.socket = try LoopbackSocket(port: port, timeout: timeout)
        let greeting = latin1(try self.socket.readLine(during: "greeting"))
        guard greeting.hasPrefix("* OK") else {
            throw LocalServersError(reason: .refused(greeting), during: "greeting")
        }
        _ = try self.perform("LOGIN \(Self.quoted(user)) \(Self.quoted(password))")
    }

    /// What the server says it can do, once logged in.
    package func capabilities() throws -> [String] {
        let answers = try self.perform("CAPABILITY").untagged
        return answers.first { $0.text.hasPrefix("CAPABILITY ") }?.text.split(separator: " ").dropFirst().map(
            String.init
        ) ?? []
    }

    /// Every folder there is.
    package func list() throws -> [Folder] {
        try self.perform("LIST \"\" *").untagged.compactMap { answer in
            let items = try answer.items()
            guard items.count >= 4, items[0].text == "LIST", let name = items[3].text else { return nil }
            let delimiter = items[2] == .atom("NIL") ? nil : items[2].text
            return Folder(name: name, attributes: items[1].items.compactMap(\.text), delimiter: delimiter)
        }
    }

    /// Opens a folder, which the calls on messages then mean; `readOnly` is EXAMINE instead of SELECT.
    package func select(_ folder: String, readOnly: Bool = false) throws -> Selected {
        let verb = readOnly ? "EXAMINE" : "SELECT"
        let answers = try self.perform("\(verb) \(Self.quoted(folder))").untagged.map(\.text)
        func code(_ name: String) -> Substring? {
            guard let line = answers.first(where: { $0.hasPrefix("OK [\(name) ") }) else { return nil }
            return line.dropFirst("OK [\(name) ".count).prefix { $0 != "]" }
        }
        let exists = answers.first { $0.hasSuffix(" EXISTS") }.flatMap { Int($0.dropLast(" EXISTS".count)) }
        guard let exists, let validity = code("UIDVALIDITY").flatMap({ UInt32($0) }),
            let next = code("UIDNEXT").flatMap({ UInt32($0) })
        else { throw LocalServersError(reason: .protocolViolation("no EXISTS, UIDVALIDITY or UIDNEXT"), during: verb) }
        return Selected(
            uidValidity: validity,
            uidNext: next,
            exists: exists,
            highestModSeq: code("HIGHESTMODSEQ").flatMap { UInt64($0) }
        )
    }

    /// Sends any other command, given without tag and line end.
    ///
    /// The result is the untagged answers without their `* `, one character for each byte, literals in place.
    package func command(_ text: String) throws -> [String] {
        try self.perform(text).untagged.map(\.text)
    }

    /// Says goodbye; a connection that is lost already is no error.
    package func logout() {
        // The connection ends either way.
        _ = try? self.perform("LOGOUT")
    }
}

extension ObserverClient {
    struct Answer {
        let untagged: [ObserverResponse]
        /// What follows the tag: `OK [APPENDUID 1 7] done`.
        let status: String
    }

    /// Sends a command, and a literal after the server's go-ahead where one is given; reads to its tagged answer.
    func perform(_ command: String, literal: [UInt8]? = nil) throws -> Answer {
        let verb = command.split(separator: " ").prefix(command.hasPrefix("UID ") ? 2 : 1).joined(separator: " ")
        self.lastTag += 1
        let tag = "o\(self.lastTag)"
        let announcement = literal.map { " {\($0.count)}" } ?? ""
        try self.socket.write(Array("\(tag) \(command)\(announcement)\r\n".utf8), during: verb)
        var untagged: [ObserverResponse] = []
        while true {
            let bytes = try self.readAnswer(during: verb)
            if bytes.starts(with: "* ".utf8) {
                untagged.append(ObserverResponse(bytes: Array(bytes.dropFirst(2))))
            } else if bytes.first == UInt8(ascii: "+"), let literal {
                try self.socket.write(literal + Array("\r\n".utf8), during: verb)
            } else if bytes.starts(with: "\(tag) ".utf8) {
                let status = latin1(Array(bytes.dropFirst(tag.utf8.count + 1)))
                guard status.hasPrefix("OK") else { throw LocalServersError(reason: .refused(status), during: verb) }
                return Answer(untagged: untagged, status: status)
            } else {
                throw LocalServersError(reason: .protocolViolation("neither untagged nor ours"), during: verb)
            }
        }
    }

    /// A string as IMAP quotes it; text with line ends cannot be sent so and is cut there by the server's refusal.
    static func quoted(_ text: String) -> String {
        let escaped = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
        return "\"\(escaped)\""
    }

    private func readAnswer(during verb: String) throws -> [UInt8] {
        var bytes = try self.socket.readLine(during: verb)
        var line = bytes
        while let count = literalLength(line) {
            bytes += Array("\r\n".utf8) + (try self.socket.read(count, during: verb))
            line = try self.socket.readLine(during: verb)
            bytes += line
        }
        return bytes
    }
}
