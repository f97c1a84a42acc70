package import LocalServers
import ModelMailServer

/// What the scenarios do to a mailbox behind the client's back, and how they look at it: over plain IMAP that shares no
/// code with Baton's.
package struct OutsideView {
    /// The connection.
    package let observer: ObserverClient

    /// Logs in.
    package init(_ server: ConformanceServer) throws {
        self.observer = try ObserverClient(
            port: server.port,
            user: server.user,
            password: server.password,
            timeout: .seconds(30)
        )
    }

    /// Opens a folder for the calls on messages of the observer; how many mails it holds.
    @discardableResult
    package func open(_ folder: String, readOnly: Bool = false) throws -> Int {
        let answers = try self.observer.command("\(readOnly ? "EXAMINE" : "SELECT") \(Self.quoted(folder))")
        let exists = answers.last { $0.hasSuffix(" EXISTS") }.flatMap { Int($0.dropLast(" EXISTS".count)) }
        guard let exists else { throw ConformanceError("no EXISTS for \(folder)") }
        return exists
    }

    /// One number of a folder, such as its UIDNEXT.
    package func status(_ folder: String, _ item: String) throws -> UInt64 {
        let answers = try self.observer.command("STATUS \(Self.quoted(folder)) (\(item))")
        for answer in answers where answer.hasPrefix("STATUS ") {
            let words = answer.split { " ()".contains($0) }
            if let index = words.firstIndex(where: { $0 == item }), index + 1 < words.count,
                let number = UInt64(words[index + 1])
            {
                return number
            }
        }
        throw ConformanceError("no \(item) for \(folder)")
    }

    /// Folders that are subscribed to, by their names on the wire.
    package func subscribed() throws -> [String] {
        try self.observer.command("LSUB \"\" \"*\"").filter { $0.hasPrefix("LSUB") }
            .map { Self.lastWord($0) }
    }

    /// UIDs that a search in the open folder finds, ascending.
    package func search(_ criteria: String) throws -> [UInt32] {
        try self.observer.command("UID SEARCH \(criteria)").filter { $0.hasPrefix("SEARCH") }
            .flatMap { $0.split(separator: " ").compactMap { UInt32($0) } }.sorted()
    }

    /// The mails of a folder.
    package func state(of folder: String, called name: String, on server: ConformanceServer) throws -> FolderState {
        guard try self.open(folder, readOnly: true) > 0 else { return FolderState(name) }
        let mails = try self.observer.mails().map { mail -> MailState in
            guard let arrived = WireDate.seconds(mail.message.internalDate) else {
                throw ConformanceError("a date that cannot be read: \(mail.message.internalDate)")
            }
            return MailState(
                Int(mail.message.uid) - Int(server.firstUID) + 1,
                mail: Self.names[mail.bytes] ?? "\(mail.bytes.count) bytes",
                flags: mail.message.flags,
                arrived: arrived
            )
        }
        return FolderState(name, mails)
    }

    private static let names: [[UInt8]: String] = {
        let mails = SampleMail.odd + [SampleMail.unended, .large] + (1...200).map { SampleMail.plain($0) }
        var names = Dictionary(uniqueKeysWithValues: mails.map { ($0.bytes, $0.name) })
        // The same mail to a server that ends every line.
        names[SampleMail.unended.bytes + [13, 10]] = SampleMail.unended.name
        return names
    }()

    static func quoted(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }

    private static func lastWord(_ line: String) -> String {
        guard line.hasSuffix("\"") else { return line.split(separator: " ").last.map(String.init) ?? "" }
        return line.dropLast().split(separator: "\"", omittingEmptySubsequences: false).last.map(String.init) ?? ""
    }
}
