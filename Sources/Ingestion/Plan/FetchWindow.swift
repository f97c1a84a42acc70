package import Desk

/// A message that is on the server and not in the ledger.
package struct MissingMail: Equatable, Sendable {
    /// The folder it lies in.
    package let folder: Identifier<Folder>
    /// The UID, valid in one epoch of one folder.
    package let uid: UInt32
    // One for each mail of a mailbox that is imported: what is missing takes no room of its own.
    private let knownSize: UInt32
    private let packedArrival: PackedTimestamp

    /// Puts the values together.
    package init(folder: Identifier<Folder>, uid: UInt32, arrival: Timestamp?, size: Int) {
        self.folder = folder
        self.uid = uid
        self.knownSize = UInt32(clamping: size)
        self.packedArrival = PackedTimestamp(arrival)
    }

    /// INTERNALDATE; nil sorts last.
    package var arrival: Timestamp? { self.packedArrival.timestamp }

    /// RFC822.SIZE in bytes, up to 4 GiB, a hint only: servers lie about it.
    package var size: Int { Int(self.knownSize) }
}

/// What is fetched and committed at once: a stretch of arrival time over one or more folders.
package struct FetchWindow: Equatable, Sendable {
    /// UIDs by folder, each ascending.
    package var uids: [Identifier<Folder>: [UInt32]] = [:]
    /// The latest arrival in it; everything that arrived before is in this window or an earlier one.
    package var latest: Timestamp?
    /// How many messages are in it.
    package var count = 0

    /// At most this many messages in one window.
    package static let messages = 200
    /// A window is full at this many bytes, by what the server says of sizes.
    ///
    /// Some eight windows are in memory at once, between the server and the filed ticket, and what was parsed of a few more.
    package static let bytes = 1024 * 1024

    /// Cuts mail into windows in order of arrival across folders, so that filing can follow right behind in that order.
    package static func cut(_ mail: [MissingMail]) -> [FetchWindow] {
        let sorted = mail.sorted {
            ($0.arrival ?? .distantFuture, $0.folder, $0.uid) < ($1.arrival ?? .distantFuture, $1.folder, $1.uid)
        }
        var windows: [FetchWindow] = []
        var window = FetchWindow()
        var bytes = 0
        for one in sorted {
            if window.count > 0, window.count >= self.messages || bytes + one.size > self.bytes {
                windows.append(window)
                window = FetchWindow()
                bytes = 0
            }
            window.uids[one.folder, default: []].append(one.uid)
            window.latest = one.arrival
            window.count += 1
            bytes += max(0, one.size)
        }
        if window.count > 0 { windows.append(window) }
        for index in windows.indices {
            windows[index].uids = windows[index].uids.mapValues { $0.sorted() }
        }
        return windows
    }
}
