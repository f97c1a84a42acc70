/// Writes that are alike and can share their commands.
package struct MarkBatch: Hashable, Sendable {
    /// The folder the messages lie in.
    package let folder: Identifier<Folder>
    /// Its epoch, which must still be the folder's when the commands are sent.
    package let epoch: Int
    /// Flags and keywords to add.
    package let add: [Mark]
    /// Flags and keywords to remove.
    package let remove: [Mark]
    /// Where the messages go; nil: they stay.
    package let moveTo: Place?
    /// The writes, by ascending UID.
    package let writes: [MarkWrite]

    /// The UIDs, ascending.
    package var uids: [UInt32] { self.writes.map(\.source.uid) }

    /// The messages, in the order of ``uids``.
    package var messages: [Identifier<Message>] { self.writes.map(\.message) }

    /// What the confirmed moves among closings of the batch say together; nil: nothing was moved.
    package func receipt(of closings: [MarkClosing]) -> (uidValidity: UInt32, pairs: [MarkTransfer.Pair])? {
        let sources = Dictionary(self.writes.map { ($0.message, $0.source.uid) }) { first, _ in first }
        var validity: UInt32?
        var pairs: [MarkTransfer.Pair] = []
        for one in closings {
            guard case .confirmed(_, .moved(let uid, let uidValidity)) = one.end, let source = sources[one.message]
            else { continue }
            validity = uidValidity
            pairs.append(MarkTransfer.Pair(source: source, destination: uid))
        }
        return validity.map { ($0, pairs) }
    }

    /// Groups writes that are alike, in the order in which each kind appears first.
    package static func group(_ writes: [MarkWrite]) -> [MarkBatch] {
        var order: [Likeness] = []
        var groups: [Likeness: [MarkWrite]] = [:]
        for write in writes {
            let likeness = Likeness(write)
            if groups[likeness] == nil { order.append(likeness) }
            groups[likeness, default: []].append(write)
        }
        return order.map { likeness in
            MarkBatch(
                folder: likeness.folder,
                epoch: likeness.epoch,
                add: likeness.add,
                remove: likeness.remove,
                moveTo: likeness.moveTo,
                writes: (groups[likeness] ?? []).sorted { $0.source.uid < $1.source.uid }
            )
        }
    }
}

private struct Likeness: Hashable {
    let folder: Identifier<Folder>
    let epoch: Int
    let add: [Mark]
    let remove: [Mark]
    let moveTo: Place?

    init(_ write: MarkWrite) {
        self.folder = write.source.folder
        self.epoch = write.source.epoch
        self.add = write.add
        self.remove = write.remove
        self.moveTo = write.moveTo
    }
}
