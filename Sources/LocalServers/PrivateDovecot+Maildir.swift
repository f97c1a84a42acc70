import Foundation
import Glibc

extension PrivateDovecot {
    /// A mail as it is put into a Maildir.
    package struct StoredMail: Sendable {
        /// The folder's name, `INBOX` or one with `/` between its parts.
        package let folder: String
        /// Headers and body, with CRLF.
        package let bytes: [UInt8]
        /// INTERNALDATE, in seconds since 1970.
        package let arrived: Int
        /// Maildir's letters for system flags in ASCII order: `DFRST`.
        package let flags: String

        /// Puts the values together.
        package init(folder: String, bytes: [UInt8], arrived: Int, flags: String = "") {
            self.folder = folder
            self.bytes = bytes
            self.arrived = arrived
            self.flags = flags
        }
    }

    /// Puts mails into an account's Maildir as files, which is as fast as files can be written: tens of thousands in the
    /// time that APPEND takes for hundreds.
    ///
    /// Dovecot finds them when it next opens the folder, and gives UIDs in order of arrival. Sizes are in the names, as
    /// Dovecot writes them itself, so that it need not read a mail to know its size.
    ///
    /// - Parameters:
    ///   - count: how many there are.
    ///   - user: an account whose mail is stored as Maildir.
    ///   - first: distinguishes names: the number of mails that were stored before.
    ///   - mail: makes the n-th.
    /// - Throws: ``LocalServersError`` when a file cannot be written.
    package func store(
        count: Int,
        for user: User,
        after first: Int = 0,
        _ mail: (Int) throws -> StoredMail
    ) throws {
        try Self.check(user.name)
        let root = "\(self.configuration.home)/homes/\(user.name)"
        var made: Set<String> = []
        for path in [root, "\(root)/Maildir"] { try self.makeFolder(path) }
        for index in 0..<count {
            let one = try mail(index)
            let name = one.folder.uppercased() == "INBOX" ? "" : "/." + one.folder.replacing("/", with: ".")
            let folder = "\(root)/Maildir\(name)"
            if made.insert(folder).inserted {
                for path in [folder, "\(folder)/cur", "\(folder)/new", "\(folder)/tmp"] { try self.makeFolder(path) }
            }
            let stored = Self.lineFeeds(one.bytes)
            let sizes = "S=\(stored.count),W=\(one.bytes.count)"
            try self.write(
                stored,
                to: "\(folder)/cur/\(one.arrived).M\(first + index)P1.localhost,\(sizes):2,\(one.flags)",
                arrived: one.arrived
            )
        }
    }

    /// Lets Dovecot forget the UIDs of all folders, as when a mailbox was restored from a backup of its mails: it gives new ones under
    /// new UIDVALIDITYs when a folder is next opened.
    ///
    /// The account's mail is stored as Maildir, and nobody is logged in. Throws ``LocalServersError`` when a file cannot be removed.
    package func forgetUIDs(of user: User) throws {
        try Self.check(user.name)
        let root = "\(self.configuration.home)/homes/\(user.name)/Maildir"
        let files = FileManager.default
        do {
            for path in try files.subpathsOfDirectory(atPath: root) {
                let name = path.split(separator: "/").last ?? ""
                guard name == "dovecot-uidlist" || name.hasPrefix("dovecot.index") else { continue }
                try files.removeItem(atPath: "\(root)/\(path)")
            }
        } catch {
            throw LocalServersError(reason: .system(EIO), during: Self.step)
        }
    }

    private static let step = "writing a Maildir"

    private func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST, self.give(path) else {
            throw LocalServersError(reason: .system(errno), during: Self.step)
        }
    }

    /// Everything in a mailbox belongs to the account that Dovecot reads it as.
    private func give(_ path: String) -> Bool {
        let owner = self.configuration.mailUser
        return !self.configuration.isRoot || chown(path, owner.userID, owner.groupID) == 0
    }

    private func write(_ bytes: [UInt8], to path: String, arrived: Int) throws {
        let file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw LocalServersError(reason: .system(errno), during: Self.step) }
        defer { close(file) }
        var offset = 0
        while offset < bytes.count {
            let written = bytes[offset...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard written > 0 else { throw LocalServersError(reason: .system(errno), during: Self.step) }
            offset += written
        }
        // INTERNALDATE is the file's time of change.
        let time = timespec(tv_sec: arrived, tv_nsec: 0)
        guard futimens(file, [time, time]) == 0, self.give(path) else {
            throw LocalServersError(reason: .system(errno), during: Self.step)
        }
    }

    /// Dovecot stores lines with LF and sends them with CRLF.
    private static func lineFeeds(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var start = 0
        for index in bytes.indices.dropLast()
        where bytes[index] == UInt8(ascii: "\r") && bytes[index + 1] == UInt8(ascii: "\n") {
            result += bytes[start..<index]
            start = index + 1
        }
        return result + bytes[start...]
    }
}
