/// What concerns the messages of the selected folder, and the folders themselves.
extension ObserverClient {
    /// The messages with these UIDs (an IMAP sequence set), by UID, with the headers named.
    package func messages(
        _ uids: String = "1:*",
        headers: [String] = ["Subject", "Message-ID"]
    ) throws -> [Message] {
        let section = headers.isEmpty ? "" : " BODY.PEEK[HEADER.FIELDS (\(headers.joined(separator: " ")))]"
        return try self.perform("UID FETCH \(uids) (UID FLAGS INTERNALDATE RFC822.SIZE\(section))").untagged
            .compactMap { try Self.fetched($0) }
            .compactMap { Self.message($0) }
            .sorted { $0.uid < $1.uid }
    }

    /// The messages of the selected folder with all their bytes, by UID; `\Seen` stays as it is.
    ///
    /// `uids` is an IMAP sequence set.
    package func mails(_ uids: String = "1:*") throws -> [Mail] {
        try self.perform("UID FETCH \(uids) (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])").untagged
            .compactMap { answer -> Mail? in
                guard let values = try Self.fetched(answer), let message = Self.message(values),
                    case .string(let bytes) = values["BODY[]"]
                else { return nil }
                return Mail(message: message, bytes: bytes)
            }
            .sorted { $0.message.uid < $1.message.uid }
    }

    /// All bytes of one message; `\Seen` stays as it is.
    package func body(uid: UInt32) throws -> [UInt8] {
        for answer in try self.perform("UID FETCH \(uid) (UID BODY.PEEK[])").untagged {
            guard let values = try Self.fetched(answer), values["UID"]?.text == String(uid),
                case .string(let bytes) = values["BODY[]"]
            else { continue }
            return bytes
        }
        throw LocalServersError(reason: .refused("no message has the UID \(uid)"), during: "UID FETCH")
    }

    /// Adds, then removes, flags and keywords.
    package func store(_ uid: UInt32, add: [String] = [], remove: [String] = []) throws {
        if !add.isEmpty { _ = try self.perform("UID STORE \(uid) +FLAGS (\(add.joined(separator: " ")))") }
        if !remove.isEmpty { _ = try self.perform("UID STORE \(uid) -FLAGS (\(remove.joined(separator: " ")))") }
    }

    /// Moves one message to another folder (RFC 6851).
    package func move(_ uid: UInt32, to folder: String) throws {
        _ = try self.perform("UID MOVE \(uid) \(Self.quoted(folder))")
    }

    /// Copies one message to another folder.
    package func copy(_ uid: UInt32, to folder: String) throws {
        _ = try self.perform("UID COPY \(uid) \(Self.quoted(folder))")
    }

    /// Deletes one message for good, and no other (RFC 4315).
    package func expunge(_ uid: UInt32) throws {
        try self.store(uid, add: ["\\Deleted"])
        _ = try self.perform("UID EXPUNGE \(uid)")
    }

    /// Puts a message, with CRLF line ends, into a folder, and gives its UID where the server tells it (RFC 4315).
    ///
    /// The arrival is written as IMAP does, `01-Nov-2026 10:00:00 +0000`; nil means now.
    @discardableResult
    package func append(
        _ message: [UInt8],
        to folder: String,
        flags: [String] = [],
        internalDate: String? = nil
    ) throws -> UInt32? {
        let date = internalDate.map { " \(Self.quoted($0))" } ?? ""
        let command = "APPEND \(Self.quoted(folder)) (\(flags.joined(separator: " ")))\(date)"
        let status = try self.perform(command, literal: message).status
        guard status.hasPrefix("OK [APPENDUID ") else { return nil }
        let numbers = status.dropFirst("OK [APPENDUID ".count).prefix { $0 != "]" }.split(separator: " ")
        return numbers.last.flatMap { UInt32($0) }
    }

    /// Makes a folder.
    package func create(_ folder: String) throws {
        _ = try self.perform("CREATE \(Self.quoted(folder))")
    }

    /// Removes a folder and what is in it.
    package func delete(_ folder: String) throws {
        _ = try self.perform("DELETE \(Self.quoted(folder))")
    }

    /// Gives a folder another name.
    package func rename(_ folder: String, to name: String) throws {
        _ = try self.perform("RENAME \(Self.quoted(folder)) \(Self.quoted(name))")
    }

    /// Subscribes to a folder.
    package func subscribe(_ folder: String) throws {
        _ = try self.perform("SUBSCRIBE \(Self.quoted(folder))")
    }
}

extension ObserverClient {
    /// The items of a FETCH answer by upper-case name, or nil when the answer is another one.
    private static func fetched(_ answer: ObserverResponse) throws -> [String: ObserverResponse.Item]? {
        let items = try answer.items()
        guard items.count == 3, items[1].text == "FETCH" else { return nil }
        var values: [String: ObserverResponse.Item] = [:]
        let pairs = items[2].items
        for index in stride(from: 0, to: pairs.count - 1, by: 2) {
            guard let name = pairs[index].text?.uppercased() else { continue }
            values[name.hasPrefix("BODY[HEADER") ? "HEADERS" : name] = pairs[index + 1]
        }
        return values
    }

    /// A message, or nil for an answer that only tells of changed flags.
    private static func message(_ values: [String: ObserverResponse.Item]) -> Message? {
        guard let uid = values["UID"]?.text.flatMap({ UInt32($0) }),
            let date = values["INTERNALDATE"]?.text,
            let size = values["RFC822.SIZE"]?.text.flatMap({ Int($0) })
        else { return nil }
        let flags = values["FLAGS"]?.items.compactMap(\.text).filter { $0 != "\\Recent" }.sorted() ?? []
        let headers = Self.headers(in: values["HEADERS"]?.text ?? "")
        return Message(uid: uid, flags: flags, internalDate: date, size: size, headers: headers)
    }

    /// Names and values of a header block; a line that begins with white space continues the one before.
    static func headers(in text: String) -> [String: String] {
        var lines: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            if line.first == " " || line.first == "\t", let last = lines.popLast() {
                lines.append(last + " " + line.drop { $0 == " " || $0 == "\t" })
            } else {
                lines.append(String(line))
            }
        }
        let pairs = lines.compactMap { line -> (String, String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            return (line[..<colon].lowercased(), String(value))
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
