/// Puts together what a server says between SELECT and its answer, free of I/O.
struct SelectionCollector: Equatable, Sendable {
    private var uidValidity: UInt32 = 0
    private var uidNext: UInt32?
    private var exists = 0
    private var highestModSeq: UInt64?
    private var hasNoModSeq = false
    private var flags: [String] = []
    private var permanentFlags: [String]?
    private var vanished: [ClosedRange<UInt32>] = []
    private var changed: [MessageFlags] = []

    /// Mails and ranges kept so far.
    var rowCount: Int { self.vanished.count + self.changed.count }

    mutating func received(_ response: Response) {
        switch response {
        case .exists(let count):
            self.exists = count
        case .flags(let flags):
            self.flags = flags
        case .condition(_, let text):
            if let code = text.code { self.received(code) }
        case .vanished(let set, _):
            self.vanished += set.ranges
        case .fetch(let items):
            guard let uid = items.uid, let flags = items.flags else { return }
            self.changed.append(MessageFlags(uid: uid, flags: flags, modSeq: items.modSeq))
        case .continuation, .tagged, .preauthenticated, .bye, .capability, .enabled, .recent, .expunge, .list,
            .subscribed, .status, .search, .quota, .quotaRoots, .namespace, .identity, .ignored, .unreadable:
            break
        }
    }

    private mutating func received(_ code: ResponseCode) {
        switch code {
        // All before it belonged to the folder that was open until now.
        case .closed: self = SelectionCollector()
        case .uidValidity(let value): self.uidValidity = value
        case .uidNext(let value): self.uidNext = value
        case .highestModSeq(let value): self.highestModSeq = value
        case .noModSeq: self.hasNoModSeq = true
        case .permanentFlags(let flags): self.permanentFlags = flags
        default: break
        }
    }

    /// The folder, once the command was answered with OK and `code`; `mayUseKeywords` where they were not switched off.
    func finish(folder: FolderName, readOnly: Bool, code: ResponseCode?, mayUseKeywords: Bool = true) -> Selected {
        let permanent = self.permanentFlags ?? self.flags
        let isReadOnly = code == .readOnly || (readOnly && code != .readWrite)
        return Selected(
            folder: folder,
            uidValidity: self.uidValidity,
            uidNext: self.uidNext,
            exists: self.exists,
            highestModSeq: self.hasNoModSeq ? nil : self.highestModSeq,
            flags: self.flags,
            permanentFlags: permanent,
            allowsKeywords: mayUseKeywords && permanent.contains("\\*"),
            isReadOnly: isReadOnly,
            vanished: UIDSet(ranges: self.vanished),
            changed: self.changed
        )
    }
}
