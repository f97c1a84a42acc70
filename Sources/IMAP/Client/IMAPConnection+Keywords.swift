import MailTransport

/// What became of a keyword that was tried.
package enum KeywordTrial: Equatable, Sendable {
    /// It was stored, read back on a folder opened anew, and taken away.
    case kept
    /// PERMANENTFLAGS has no `\*`: nothing was sent.
    case notOffered
    /// There is no mail to try it on.
    case noMail
    /// The folder cannot be changed by this user.
    case readOnly
    /// The server said no; its text, to be escaped before it is shown.
    case refused(String)
    /// The server said yes, and it was not there afterwards.
    case dropped
    /// It may still be there: the connection failed, or taking it away was refused.
    case leftBehind(String)
}

extension IMAPConnection {
    /// Stores `keyword` on the newest mail of `folder`, reads it back after opening the folder anew, and takes it away.
    ///
    /// The one way to know: what servers say of `\*` is a promise. Changes the mailbox for a moment, so a person has to want it; the keyword
    /// must be one that means nothing to anybody. Throws ``IMAPError`` where nothing was stored.
    package func tryKeyword(_ keyword: String, in folder: FolderName) async throws(IMAPError) -> KeywordTrial {
        let selected = try await self.select(folder, readOnly: false)
        guard !selected.isReadOnly else { return .readOnly }
        guard selected.allowsKeywords else { return .notOffered }
        guard let uid = try await self.newestUID(selected) else { return .noMail }
        let set = UIDSet([uid])
        switch try await self.store(set, adding: [keyword]) {
        case .confirmed: break
        case .refused(let refusal):
            return refusal.code == .cannot && !self.profile.mayUseKeywords ? .dropped : .refused(refusal.text)
        case .ambiguous(let error): return .leftBehind("\(error)")
        }
        do throws(IMAPError) {
            _ = try await self.select(folder, readOnly: false)
            let isKept = try await self.fetchFlags(set).rows.contains { row in
                row.flags.contains { $0.lowercased() == keyword.lowercased() }
            }
            switch try await self.store(set, removing: [keyword]) {
            case .confirmed: break
            case .refused(let refusal): return .leftBehind(refusal.text)
            case .ambiguous(let error): return .leftBehind("\(error)")
            }
            if !isKept { await self.latch(.keywords, because: "a keyword was gone when the folder was opened anew") }
            return isKept ? .kept : .dropped
        } catch {
            return .leftBehind("\(error)")
        }
    }

    /// The highest UID there is; found from the upper end, since a folder may hold millions.
    private func newestUID(_ selected: Selected) async throws(IMAPError) -> UInt32? {
        guard selected.exists > 0 else { return nil }
        guard let next = selected.uidNext, next > 1 else {
            return try await self.fetchFlags(.all).rows.map(\.uid).max()
        }
        for depth: UInt32 in [100, 10_000, .max] {
            let range = (next - 1 > depth ? next - depth : 1)...(next - 1)
            if let uid = try await self.fetchFlags(UIDSet(range)).rows.map(\.uid).max() { return uid }
        }
        return nil
    }

    /// The shortest round trip to the server so far; nil before the first.
    package var roundTrip: Duration? { self.configuration.memory.link.roundTrip }

    /// The way the log-in went, by the name of the mechanism or the command; nil where the server did not ask.
    package var logInName: String? {
        switch self.logInMethod {
        case .sasl(let mechanism): mechanism.rawValue
        case .command: "LOGIN"
        case nil: nil
        }
    }
}
