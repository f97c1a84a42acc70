package import Desk

/// What is fetched at once of a folder that the server told of new mail in; a pure function of what is stored and what is open.
///
/// Only bytes and placements come of it. Flags, what vanished and the cursor are for the pass over everything that follows, which
/// finds whatever was not found here; so nothing depends on the guess that the next UIDs are those of the new mail.
package enum NewsPlan {
    /// So many UIDs are asked for, from the cursor on.
    ///
    /// A range, not `n:*`: that also names the last message when it is older (RFC 9051 §6.4.8), and however many there are.
    package static let reach: UInt32 = 8

    /// The request for what came into `folder`, which was opened with this UIDVALIDITY after `number` was read; nil where it must be
    /// looked at as a whole first.
    package static func request(for folder: FolderRecord, uidValidity: UInt32, number: Int64) -> BodyRequest? {
        // What is in All is known from other folders.
        guard folder.phase == .live, folder.role != .all, folder.trouble == nil, folder.uidValidity == uidValidity,
            uidValidity != 0
        else { return nil }
        let last = folder.uidNext > .max - self.reach ? .max : folder.uidNext + (self.reach - 1)
        let mails = (folder.uidNext...last).map { MissingMail(folder: folder.id, uid: $0, arrival: nil, size: 0) }
        return BodyRequest(
            windows: FetchWindow.cut(mails),
            epochs: [folder.id: folder.epoch],
            isImported: false,
            number: number,
            looksFirst: true
        )
    }
}
