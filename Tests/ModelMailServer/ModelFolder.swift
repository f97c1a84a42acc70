/// One copy of a mail in a folder.
package struct ModelMessage: Equatable, Sendable {
    /// Its UID, never given twice under one UIDVALIDITY.
    package let uid: UInt32
    /// Its modification sequence (RFC 7162).
    package var modSeq: UInt64
    /// When it was received, in seconds since 1970.
    package var internalDate: Int64
    /// Its flags and keywords.
    package var flags: ModelFlags
    /// What its bytes are.
    package let content: ModelContent
    /// Which mail it is a copy of, never given twice: two deliveries of the same bytes are two mails.
    package let mail: Int
}

/// The bytes of a mail: equal bytes have equal numbers.
package struct ModelContent: Hashable, Sendable {
    /// Position in ``ModelServer/contents``.
    package let number: Int
}

/// The number of a folder within a server, never given twice; it stays when the folder is renamed.
package struct ModelFolderID: Hashable, Comparable, Sendable {
    /// Position in ``ModelServer/folders``.
    package let number: Int

    package static func < (left: ModelFolderID, right: ModelFolderID) -> Bool { left.number < right.number }
}

/// The number of a connection within a server, never given twice.
package struct ModelSessionID: Hashable, Comparable, Sendable {
    /// Position in the server's list of sessions.
    package let number: Int

    package static func < (left: ModelSessionID, right: ModelSessionID) -> Bool { left.number < right.number }
}

/// What a folder is for (RFC 6154 §2).
package enum SpecialUse: String, CaseIterable, Sendable {
    /// All mail.
    case all = "\\All"
    /// Archived mail.
    case archive = "\\Archive"
    /// Drafts.
    case drafts = "\\Drafts"
    /// Flagged mail.
    case flagged = "\\Flagged"
    /// Spam.
    case junk = "\\Junk"
    /// Copies of what was sent.
    case sent = "\\Sent"
    /// What was deleted.
    case trash = "\\Trash"
}

/// A folder as it is on the server, whatever any session has been told.
package struct ModelFolder: Equatable, Sendable {
    /// The name on the wire; `INBOX` in capitals.
    package internal(set) var name: String
    /// Whether it holds no mail and only others lie below it.
    package internal(set) var isNoSelect = false
    /// Whether it is subscribed.
    package internal(set) var isSubscribed = false
    /// What it is for.
    package internal(set) var specialUse: SpecialUse?
    /// Changes whenever the UIDs mean other mails.
    package internal(set) var uidValidity: UInt32
    /// The UID the next mail gets.
    package internal(set) var uidNext: UInt32 = 1
    /// Highest modification sequence given to any change, expunges included.
    package internal(set) var highestModSeq: UInt64 = 1
    /// Whether it keeps modification sequences (NOMODSEQ where not).
    package internal(set) var hasModSeq = true
    /// Its mails, ascending by UID.
    package internal(set) var messages: [ModelMessage] = []
    /// Keywords ever used here; they are never forgotten.
    package internal(set) var keywords = ModelFlags()
    /// What was expunged, ascending by modification sequence.
    package internal(set) var expunged: [(uid: UInt32, modSeq: UInt64)] = []
    /// Expunges up to this modification sequence are no longer known one by one.
    package internal(set) var forgottenUpTo: UInt64 = 0
    /// UIDs the server keeps to itself when asked to fetch them (Q18).
    package internal(set) var unfetchable = UIDRanges()
    /// Counts every change, so that a session knows at a glance whether it has seen all.
    var version: UInt64 = 1

    init(name: String, uidValidity: UInt32) {
        self.name = name
        self.uidValidity = uidValidity
    }

    /// The position of the mail with this UID.
    package func index(of uid: UInt32) -> Int? {
        let index = self.messages.lowerBound(of: uid)
        return index < self.messages.count && self.messages[index].uid == uid ? index : nil
    }

    /// A modification sequence for the next change.
    mutating func nextModSeq() -> UInt64 {
        self.version += 1
        self.highestModSeq += 1
        return self.highestModSeq
    }

    package static func == (left: ModelFolder, right: ModelFolder) -> Bool {
        left.name == right.name && left.isNoSelect == right.isNoSelect && left.isSubscribed == right.isSubscribed
            && left.specialUse == right.specialUse && left.uidValidity == right.uidValidity
            && left.uidNext == right.uidNext && left.highestModSeq == right.highestModSeq
            && left.messages == right.messages && left.keywords == right.keywords
    }
}

extension [ModelMessage] {
    /// The position of the first mail whose UID is at least this; mails ascend by UID.
    func lowerBound(of uid: UInt32) -> Int {
        var low = 0
        var high = self.count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].uid < uid { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
