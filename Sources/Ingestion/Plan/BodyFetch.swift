package import Desk

/// Bodies to fetch: each window is committed, content and placements, before the one after the next is asked for.
package struct BodyRequest: Equatable, Sendable {
    /// What to fetch, in order.
    package let windows: [FetchWindow]
    /// The epoch that the UIDs of each folder belong to.
    package let epochs: [Identifier<Folder>: Int]
    /// They were there before Baton looked: part of a first import, or of what a changed UIDVALIDITY brought up.
    package let isImported: Bool
    /// The mailbox's number read before the only folder was opened, which still is; nil: each folder is opened for it.
    package let number: Int64?
    /// The only folder was opened a while ago: what came since is looked for first.
    package let looksFirst: Bool

    /// Puts the values together.
    package init(
        windows: [FetchWindow],
        epochs: [Identifier<Folder>: Int],
        isImported: Bool,
        number: Int64?,
        looksFirst: Bool = false
    ) {
        self.windows = windows
        self.epochs = epochs
        self.isImported = isImported
        self.number = number
        self.looksFirst = looksFirst
    }
}

/// What came of a ``BodyRequest``.
package struct BodyAnswer: Equatable, Sendable {
    /// Placements written.
    package var changes = 0
    /// Windows done from the front; the driver may stop early, between two.
    package var done = 0
    /// UIDs whose bytes were committed, of whatever folder.
    package var delivered: [UInt32] = []
    /// Of the windows done: UIDs that the answer did not mention.
    package var leftOut: [Identifier<Folder>: [UInt32]] = [:]
    /// UIDs that it mentioned without bytes.
    package var empty: [Identifier<Folder>: [UInt32]] = [:]
    /// UIDs of a command that was refused, without those it gave before.
    package var refused: [Identifier<Folder>: [UInt32]] = [:]

    /// An answer to nothing yet.
    package init() {}
}

/// Fetching bodies from a server that does not give them all, free of I/O.
///
/// A refused command is asked again in halves, until what is refused is one mail; that one is parked, and the others
/// do not wait for it.
package struct BodyFetch: Equatable, Sendable {
    /// What is to be asked for now.
    package private(set) var windows: [FetchWindow]
    /// Mail that was there before Baton looked.
    package let isImported: Bool
    /// An answer showed these UIDs, so that one left out is one withheld; otherwise it may just not exist.
    private let areListed: Bool
    private let tries: [UInt32: Int]
    private var parked: [Identifier<Folder>: [UInt32: ParkedMail.Reason]] = [:]
    private var refusedInARow = 0

    /// So many mails refused one after the other, and none given between: it is the server, not the mails.
    package static let refusalLimit = 8

    /// A fetch of these windows.
    package init(
        _ windows: [FetchWindow],
        areListed: Bool,
        isImported: Bool = false,
        tries: [UInt32: Int] = [:]
    ) {
        self.windows = windows
        self.areListed = areListed
        self.isImported = isImported
        self.tries = tries
    }

    /// The server refuses everything: the pass ends and is tried again later.
    package var isHopeless: Bool { self.refusedInARow > Self.refusalLimit }

    /// Takes an answer to ``windows``.
    package mutating func answered(_ answer: BodyAnswer) {
        self.windows.removeFirst(min(answer.done, self.windows.count))
        if !answer.delivered.isEmpty { self.refusedInARow = 0 }
        if self.areListed { self.park(answer.leftOut, .leftOut) }
        self.park(answer.empty, .empty)
        var halves: [FetchWindow] = []
        for (folder, uids) in answer.refused.sorted(by: { $0.key < $1.key }) where !uids.isEmpty {
            guard uids.count > 1 else {
                self.refusedInARow += 1
                self.park([folder: uids], .refused)
                continue
            }
            let middle = uids.count / 2
            for half in [uids[..<middle], uids[middle...]] {
                var window = FetchWindow()
                window.uids = [folder: Array(half)]
                window.count = half.count
                halves.append(window)
            }
        }
        self.windows = halves + self.windows
    }

    private mutating func park(_ uids: [Identifier<Folder>: [UInt32]], _ reason: ParkedMail.Reason) {
        for (folder, uids) in uids {
            for uid in uids { self.parked[folder, default: [:]][uid] = reason }
        }
    }

    /// What was not given, by UID.
    package func parked(in folder: Identifier<Folder>, flags: [UInt32: [String]] = [:]) -> [ParkedMail] {
        (self.parked[folder] ?? [:]).sorted { $0.key < $1.key }.map { uid, reason in
            ParkedMail(uid: uid, reason: reason, tries: (self.tries[uid] ?? 0) + 1, flags: flags[uid])
        }
    }
}
