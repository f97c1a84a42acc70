import LocalServers
import TestSupport

/// One mail client of many on the shared mailbox: does one thing after the other to whatever it finds.
///
/// Used by one thread.
struct HammerClient {
    /// What it is after.
    enum Habit: Sendable {
        /// Everything, at random.
        case any
        /// The oldest mail of INBOX, which another client wants too: to this folder.
        case rival(String)
        /// Notes down moves for a while, then does them all at once.
        case offline
    }

    let habit: Habit
    let journal: HammerJournal
    let observer: ObserverClient
    var random: SeededGenerator

    /// Where mails go and are looked for; the first ones more often.
    private static let folders = [
        "INBOX", "INBOX", "INBOX", "Agents/ann", "Agents/ann", "Agents/bob", "Closed", "Archive", "Trash",
    ]
    private static let keywords = ["owner-ann", "owner-bob", "status-pending"]
    private static let flags = ["\\Seen", "\\Seen", "\\Flagged", "$Label1", "Own"]

    init(_ habit: Habit, seed: UInt64, _ journal: HammerJournal, _ observer: ObserverClient) {
        self.habit = habit
        self.journal = journal
        self.observer = observer
        self.random = SeededGenerator(seed: seed)
    }

    /// Acts until all clients together have done enough.
    mutating func run() throws {
        switch self.habit {
        case .any: while !self.journal.isDone { try self.visit() }
        case .rival(let folder): while !self.journal.isDone { try self.race(to: folder) }
        case .offline: while !self.journal.isDone { try self.replay() }
        }
        self.observer.logout()
    }

    /// A few operations in one folder.
    private mutating func visit() throws {
        guard let folder = Self.folders.randomElement(using: &self.random) else { return }
        if Int.random(in: 0..<6, using: &self.random) == 0 { try self.deliver() }
        guard try self.observer.select(folder).exists > 0 else { return }
        let uids = try self.uids()
        for _ in 0..<8 where !self.journal.isDone {
            guard let uid = uids.randomElement(using: &self.random), let subject = try self.subject(uid) else {
                continue
            }
            try self.unlessGone { (client) throws in try client.act(on: uid, subject, in: folder) }
        }
    }

    /// Another client may have been faster: then the server refuses, and nothing was done.
    private mutating func unlessGone(_ act: (inout HammerClient) throws -> Void) throws {
        do {
            try act(&self)
        } catch let error as LocalServersError {
            guard case .refused = error.reason else { throw error }
        }
    }

    private mutating func act(on uid: UInt32, _ subject: String, in folder: String) throws {
        switch Int.random(in: 0..<100, using: &self.random) {
        case 0..<35:
            guard let flag = Self.flags.randomElement(using: &self.random) else { return }
            try self.toggle(flag, uid)
            self.journal.note(.flag, subject)
        case 35..<60:
            guard let keyword = Self.keywords.randomElement(using: &self.random) else { return }
            try self.toggle(keyword, uid)
            self.journal.note(.keyword, subject)
        case 60..<68:
            guard let other = self.other(than: folder) else { return }
            try self.observer.copy(uid, to: other)
            self.journal.note(.copy, subject)
        case 68..<78:
            try self.observer.expunge(uid)
            self.journal.note(.delete, subject)
        case 78..<82:
            try self.deliver()
        default:
            guard self.journal.allowsMove, let other = self.other(than: folder) else { return }
            try self.observer.move(uid, to: other)
            self.journal.note(.move, subject)
        }
    }

    private mutating func toggle(_ flag: String, _ uid: UInt32) throws {
        if Bool.random(using: &self.random) {
            try self.observer.store(uid, add: [flag])
        } else {
            try self.observer.store(uid, remove: [flag])
        }
    }

    private mutating func deliver() throws {
        let mail = Self.mail(self.journal.nextDelivery())
        _ = try self.observer.append(mail.bytes, to: "INBOX")
        self.journal.note(.deliver, mail.subject)
    }

    /// The n-th mail of the hammer, from a contact of its own.
    static func mail(_ number: Int) -> SampleMail {
        SampleMail("Topic \(number)", from: "c\(number)@contact.example", minute: number)
    }

    /// Two clients that do this move the same mail to two folders.
    private mutating func race(to folder: String) throws {
        guard try self.observer.select("INBOX").exists > 0, let uid = try self.uids().first,
            let subject = try self.subject(uid)
        else { return try self.visit() }
        try self.unlessGone { (client) throws in
            if client.journal.allowsMove {
                try client.observer.move(uid, to: folder)
                client.journal.note(.move, subject)
            } else {
                try client.toggle("\\Seen", uid)
                client.journal.note(.flag, subject)
            }
        }
        for _ in 0..<3 where !self.journal.isDone { try self.visit() }
    }

    /// A day without a network: what was wished then is done now, whatever others did meanwhile.
    private mutating func replay() throws {
        guard try self.observer.select("INBOX").exists > 0 else { return try self.visit() }
        let uids = try self.uids().shuffled(using: &self.random).prefix(40)
        let wishes = try uids.compactMap { uid in try self.subject(uid).map { (uid, $0) } }
        for _ in 0..<12 where !self.journal.isDone { try self.visit() }
        _ = try self.observer.select("INBOX")
        for (uid, subject) in wishes where self.journal.allowsMove && !self.journal.isDone {
            guard let folder = self.other(than: "INBOX") else { return }
            try self.unlessGone { (client) throws in
                try client.observer.move(uid, to: folder)
                client.journal.note(.move, subject)
            }
        }
    }

    private mutating func other(than folder: String) -> String? {
        Self.folders.filter { $0 != folder }.randomElement(using: &self.random)
    }

    private func uids() throws -> [UInt32] {
        try self.observer.command("UID SEARCH ALL").first { $0.hasPrefix("SEARCH") }?
            .split(separator: " ").compactMap { UInt32($0) } ?? []
    }

    /// nil where the mail is gone.
    private func subject(_ uid: UInt32) throws -> String? {
        try self.observer.messages(String(uid)).first { $0.uid == uid }?.headers["subject"]
    }
}
