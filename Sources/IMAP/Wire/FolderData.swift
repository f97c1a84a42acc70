/// One folder as LIST names it.
package struct ListedFolder: Equatable, Sendable {
    /// The name, to be sent back as it is.
    package let name: FolderName
    /// What separates levels in the name; nil in a flat namespace.
    package let delimiter: String?
    /// Attributes as sent, such as `\HasChildren`.
    package let attributes: [String]
    /// The name it had before it was renamed, where the server says so (RFC 9051 §6.3.9.7).
    package let oldName: FolderName?
    /// Why it is listed although it does not match itself, such as `SUBSCRIBED` for a subscribed child (RFC 5258 §3.5).
    package let childInfo: [String]
    /// Where LIST-STATUS or STATUS answered.
    package var status: FolderStatus?

    /// A folder from its parts.
    package init(
        name: FolderName,
        delimiter: String?,
        attributes: [String],
        oldName: FolderName? = nil,
        childInfo: [String] = [],
        status: FolderStatus? = nil
    ) {
        self.name = name
        self.delimiter = delimiter
        self.attributes = attributes
        self.oldName = oldName
        self.childInfo = childInfo
        self.status = status
    }

    /// False where the folder cannot be opened, or is only a name in the list.
    package var isSelectable: Bool {
        !self.attributes.contains { ["\\noselect", "\\nonexistent"].contains($0.lowercased()) }
    }

    /// The special use in the spelling of RFC 6154, such as `\Sent`; nil for an ordinary folder.
    package var specialUse: String? {
        for attribute in self.attributes {
            switch attribute.lowercased() {
            case "\\all", "\\allmail": return "\\All"
            case "\\archive": return "\\Archive"
            case "\\drafts": return "\\Drafts"
            case "\\flagged", "\\starred": return "\\Flagged"
            case "\\junk", "\\spam": return "\\Junk"
            case "\\sent": return "\\Sent"
            case "\\trash": return "\\Trash"
            case "\\important": return "\\Important"
            default: continue
            }
        }
        return nil
    }
}

/// What STATUS says of a folder.
///
/// Missing or 0 where 0 makes no sense is nil: not known.
package struct FolderStatus: Equatable, Sendable {
    /// The folder's UIDVALIDITY.
    package var uidValidity: UInt32?
    /// The UID the next mail will get.
    package var uidNext: UInt32?
    /// How many mails there are.
    package var messages: Int?
    /// How many are unread.
    package var unseen: Int?
    /// The highest modification sequence; nil also where the folder keeps none.
    package var highestModSeq: UInt64?
    /// What stays the same when the folder is renamed (RFC 8474 §4).
    package var mailboxID: String?
    /// Bytes of all mails together (RFC 8438).
    package var size: UInt64?
    /// How many mails are marked as deleted (RFC 9051 §6.3.11).
    package var deleted: Int?
    /// Bytes that an expunge would give back (RFC 9208 §4.1.4).
    package var deletedStorage: UInt64?
    /// The largest mail that can be appended, in bytes; nil also where there is no limit (RFC 7889).
    package var appendLimit: UInt64?

    /// A status from its parts.
    package init(
        uidValidity: UInt32? = nil,
        uidNext: UInt32? = nil,
        messages: Int? = nil,
        unseen: Int? = nil,
        highestModSeq: UInt64? = nil,
        mailboxID: String? = nil,
        size: UInt64? = nil
    ) {
        self.uidValidity = uidValidity
        self.uidNext = uidNext
        self.messages = messages
        self.unseen = unseen
        self.highestModSeq = highestModSeq
        self.mailboxID = mailboxID
        self.size = size
    }
}

/// Where the folders of a mailbox start (RFC 2342).
package struct Namespaces: Equatable, Sendable {
    /// One prefix and its delimiter.
    package struct Entry: Equatable, Sendable {
        /// Prefix of every name, often empty or `INBOX.`.
        package let prefix: FolderName
        /// Level separator; nil in a flat namespace.
        package let delimiter: String?

        /// An entry from its parts.
        package init(prefix: FolderName, delimiter: String?) {
            self.prefix = prefix
            self.delimiter = delimiter
        }
    }
    /// One's own folders.
    package let personal: [Entry]
    /// Folders of others.
    package let otherUsers: [Entry]
    /// Folders that belong to nobody.
    package let shared: [Entry]

    /// Namespaces from their parts.
    package init(personal: [Entry], otherUsers: [Entry] = [], shared: [Entry] = []) {
        self.personal = personal
        self.otherUsers = otherUsers
        self.shared = shared
    }

    /// What the names of all folders tell of a server that cannot be asked.
    ///
    /// Where every other folder lies below INBOX the server keeps all there, as `INBOX.` of Courier (imap-field-notes Q57): a
    /// folder beside it would be refused. The delimiter is the one LIST names.
    package init(inferredFrom folders: [ListedFolder]) {
        let others = folders.filter { !$0.name.isInbox && !$0.name.raw.isEmpty }
        let delimiter = folders.lazy.compactMap(\.delimiter).first
        var prefix: [UInt8] = []
        if let delimiter, let first = others.first {
            let below = first.name.raw.prefix(FolderName.inbox.raw.count + delimiter.utf8.count)
            let isBelow =
                FolderName(raw: Array(below.prefix(5))).isInbox && below.dropFirst(5).elementsEqual(delimiter.utf8)
            if isBelow, others.allSatisfy({ $0.name.raw.starts(with: below) }) { prefix = Array(below) }
        }
        self.init(personal: [.init(prefix: FolderName(raw: prefix), delimiter: delimiter)])
    }

    /// What a new folder's name starts with; empty where there is no personal namespace.
    package var personalPrefix: FolderName { self.personal.first?.prefix ?? FolderName(raw: []) }

    /// The delimiter below ``personalPrefix``.
    package var personalDelimiter: String? { self.personal.first?.delimiter }
}
