import Desk
import DeskStore
import IngestionPlan

/// The mails of one window that lie in one folder, as they were fetched.
struct WindowPart: Sendable {
    let folder: FolderEpoch
    /// The mailbox's number read before the folder was opened.
    let number: Int64
    /// The UIDs that were asked for.
    let asked: [UInt32]
    /// The server refused the command; it may have given some before.
    let isRefused: Bool
    let placements: [SeenPlacement]
    let whole: [WholeMail]

    /// Notes what was given and what was not.
    func note(in answer: inout BodyAnswer) {
        let folder = self.folder.folder
        let given = Set(self.placements.map(\.uid))
        let rest = self.asked.filter { !given.contains($0) }
        if !rest.isEmpty {
            if self.isRefused { answer.refused[folder] = rest } else { answer.leftOut[folder, default: []] += rest }
        }
        for placement in self.placements {
            if placement.digest == nil {
                answer.empty[folder, default: []].append(placement.uid)
            } else {
                answer.delivered.append(placement.uid)
            }
        }
    }
}
