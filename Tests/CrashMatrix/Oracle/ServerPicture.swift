import Crypto
import Foundation
package import LocalServers

/// What a plain IMAP connection sees of a mailbox: every folder, every UID, its flags and the digest of its bytes.
///
/// The oracle shares no code with the program: this is read with the small client of the private servers, and compared with
/// ``LedgerPicture``, which is read with psql.
package struct ServerPicture: Sendable, Equatable {
    /// One mail in one folder.
    package struct Mail: Sendable, Equatable {
        /// Flags and keywords as the server spells them, sorted, without `\Recent`.
        package let flags: [String]
        /// SHA-256 of BODY[], in hexadecimal.
        package let digest: String
        /// The Subject field of its first header block; empty where there is none.
        package let subject: String
    }

    /// One folder.
    package struct Folder: Sendable, Equatable {
        /// Its UIDVALIDITY.
        package let uidValidity: UInt32
        /// Its HIGHESTMODSEQ, which every change raises; the server sets the first one itself.
        package let highestModSeq: UInt64
        /// Its mails by UID.
        package let mails: [UInt32: Mail]
    }

    /// The selectable folders by name.
    package let folders: [String: Folder]

    /// Reads the whole mailbox with EXAMINE, by a connection of its own.
    package static func read(_ dovecot: PrivateDovecot, _ user: PrivateDovecot.User) throws -> ServerPicture {
        let observer = try dovecot.observer(as: user)
        defer { observer.logout() }
        var folders: [String: Folder] = [:]
        for folder in try observer.list() where !folder.attributes.contains(where: { $0.lowercased() == "\\noselect" })
        {
            let selected = try observer.select(folder.name, readOnly: true)
            let mails = selected.exists == 0 ? [] : try observer.mails()
            guard mails.count == selected.exists else {
                throw CrashError("\(folder.name) has \(selected.exists) mails and gives \(mails.count)")
            }
            folders[folder.name] = Folder(
                uidValidity: selected.uidValidity,
                highestModSeq: selected.highestModSeq ?? 0,
                mails: Dictionary(uniqueKeysWithValues: mails.map { ($0.message.uid, self.mail($0)) })
            )
        }
        return ServerPicture(folders: folders)
    }

    private static func mail(_ mail: ObserverClient.Mail) -> Mail {
        Mail(
            flags: mail.message.flags,
            digest: SHA256.hash(data: mail.bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(),
            subject: self.subject(of: mail.bytes)
        )
    }

    private static func subject(of bytes: [UInt8]) -> String {
        for line in bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 40, omittingEmptySubsequences: false) {
            guard line.count > 1 else { return "" }
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix("Subject: ") { return text.dropFirst(9).trimmingCharacters(in: .whitespacesAndNewlines) }
        }
        return ""
    }

    /// Where the mails of each subject lie, with all their flags: `Agents/ann owner-ann`.
    package var places: [String: [String]] {
        var places: [String: [String]] = [:]
        for (name, folder) in self.folders {
            for mail in folder.mails.values {
                places[mail.subject, default: []].append(([name] + mail.flags).joined(separator: " "))
            }
        }
        return places.mapValues { $0.sorted() }
    }
}
