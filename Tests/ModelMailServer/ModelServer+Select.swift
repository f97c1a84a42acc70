/// SELECT, EXAMINE, UNSELECT, CLOSE and STATUS.
extension ModelServer {
    mutating func select(
        _ name: String,
        readOnly: Bool,
        _ parameter: SelectParameter,
        in session: Int,
        into out: inout [ModelResponse]
    ) {
        switch parameter {
        case .none: break
        case .condStore:
            guard self.requires(.condStore, in: session, into: &out) else { return }
            self.enableCondStore(session)
        case .qResync:
            guard self.sessions[session].hasQResync else {
                out.append(.completed(.bad, nil))
                return
            }
        }
        let wasOpen = self.sessions[session].selected != nil
        self.sessions[session].selected = nil
        if wasOpen, self.profile.offers(.qResync) { out.append(.ok(.closed)) }
        guard let id = self.folder(named: name), let folder = self.shown(id), !folder.isNoSelect else {
            out.append(.completed(.no, self.profile.missingFolderCode))
            return
        }
        self.sessions[session].selected = ModelSession.Selected(
            folder: id,
            isReadOnly: readOnly,
            view: folder.messages,
            version: folder.version,
            keywords: folder.keywords,
            highestModSeq: folder.highestModSeq,
            uidNext: folder.uidNext
        )
        self.describe(folder, id, readOnly: readOnly, session, into: &out)
        if case .qResync(let uidValidity, let modSeq, let known) = parameter {
            self.resync(folder, uidValidity: uidValidity, modSeq: modSeq, known: known, into: &out)
        }
        out.append(.completed(.ok, readOnly ? .readOnly : .readWrite))
    }

    private func describe(
        _ folder: ModelFolder,
        _ id: ModelFolderID,
        readOnly: Bool,
        _ session: Int,
        into out: inout [ModelResponse]
    ) {
        let flags = self.profile.listsKeywords ? ModelFlags.system.union(folder.keywords) : .system
        out.append(.flags(flags))
        let isAllowed =
            switch self.profile.keywords {
            case .allowed(let count, _): folder.keywords.count < count
            case .refused: false
            }
        let permanent = readOnly ? ModelFlags() : flags
        out.append(.ok(.permanentFlags(permanent, allowsNew: isAllowed && !readOnly)))
        out.append(.exists(folder.messages.count))
        out.append(.recent)
        if self.profile.selectSaysUIDNext {
            if let unseen = folder.messages.firstIndex(where: { !$0.flags.contains(.seen) }) {
                out.append(.ok(.unseen(unseen + 1)))
            }
        }
        out.append(.ok(.uidValidity(self.profile.lies.uidValidityZero ? 0 : folder.uidValidity)))
        if self.profile.selectSaysUIDNext {
            out.append(.ok(.uidNext(self.profile.lies.uidNextZero ? 0 : folder.uidNext)))
        }
        if self.profile.offers(.condStore) {
            if !folder.hasModSeq {
                out.append(.ok(.noModSeq))
            } else if self.profile.selectSaysModSeq || self.sessions[session].hasCondStore {
                out.append(.ok(.highestModSeq(folder.highestModSeq)))
            }
        }
        if self.profile.offers(.objectID) { out.append(.ok(.mailboxID(id))) }
    }

    /// RFC 7162 §3.2.5: silent where the UIDVALIDITY is another or the modification sequence lies ahead (Q16).
    private func resync(
        _ folder: ModelFolder,
        uidValidity: UInt32,
        modSeq: UInt64,
        known: UIDRequest?,
        into out: inout [ModelResponse]
    ) {
        guard folder.hasModSeq, uidValidity == folder.uidValidity, modSeq <= folder.highestModSeq else { return }
        let gone = self.vanished(folder, since: modSeq, among: known ?? .all)
        if !gone.isEmpty { out.append(.vanished(gone, isEarlier: true)) }
        for (index, message) in folder.messages.enumerated() where message.modSeq > modSeq {
            if let known, !known.contains(message.uid, highest: .max) { continue }
            out.append(
                .fetch(
                    ModelFetch(
                        sequence: index + 1,
                        uid: message.uid,
                        flags: message.flags,
                        modSeq: self.shownModSeq(message.modSeq)
                    )
                )
            )
        }
    }

    /// UIDs expunged after `modSeq`; all that are not there, where the history does not reach back so far.
    func vanished(_ folder: ModelFolder, since modSeq: UInt64, among wanted: UIDRequest) -> UIDRanges {
        let highest =
            self.profile.lies.starHidesVanished && wanted.hasStar ? folder.messages.last?.uid ?? 0 : UInt32.max
        func isWanted(_ uid: UInt32) -> Bool {
            uid <= highest && wanted.contains(uid, highest: highest)
        }
        if self.profile.lies.vanishedNamesLiving, folder.uidNext > 2 {
            return UIDRanges((1..<folder.uidNext - 1).filter(isWanted))
        }
        guard modSeq < folder.forgottenUpTo else {
            var uids: [UInt32] = []
            for entry in folder.expunged.reversed() {
                guard entry.modSeq > modSeq else { break }
                if isWanted(entry.uid) { uids.append(entry.uid) }
            }
            return UIDRanges(uids)
        }
        var ranges = UIDRanges()
        var index = 0
        for uid in 1..<folder.uidNext {
            while index < folder.messages.count, folder.messages[index].uid < uid { index += 1 }
            let isThere = index < folder.messages.count && folder.messages[index].uid == uid
            if !isThere, isWanted(uid) { ranges.append(uid) }
        }
        return ranges
    }

    mutating func close(_ session: Int, expunging: Bool, into out: inout [ModelResponse]) {
        guard let selected = self.sessions[session].selected else { return }
        if expunging, !selected.isReadOnly, selected.folder != self.allMail {
            let marked = selected.view.filter { $0.flags.contains(.deleted) }.map(\.uid)
            self.remove(marked, from: selected.folder, onlyDeleted: true)
        }
        self.sessions[session].selected = nil
        out.append(.completed(.ok, nil))
    }

    // MARK: - STATUS

    mutating func status(
        _ name: String,
        _ items: StatusItems,
        in session: Int,
        into out: inout [ModelResponse]
    ) {
        if items.contains(.highestModSeq) {
            guard self.profile.offers(.condStore) else {
                self.finish(.bad, nil, in: session, into: &out)
                return
            }
            self.enableCondStore(session)
        }
        guard let id = self.folder(named: name), let folder = self.shown(id), !folder.isNoSelect else {
            self.finish(.no, self.profile.missingFolderCode, in: session, into: &out)
            return
        }
        var values = self.statusValues(folder, items)
        if self.profile.statusOfSelectedIsOld, let selected = self.sessions[session].selected, selected.folder == id {
            if items.contains(.messages) { values.messages = selected.view.count }
            if items.contains(.unseen) { values.unseen = selected.view.count { !$0.flags.contains(.seen) } }
            if items.contains(.uidNext) { values.uidNext = selected.uidNext }
            if items.contains(.highestModSeq) { values.highestModSeq = selected.highestModSeq }
        }
        out.append(.status(folder: folder.name, values))
        self.finish(.ok, nil, in: session, into: &out)
    }

    func statusValues(_ folder: ModelFolder, _ items: StatusItems) -> ModelStatus {
        var values = ModelStatus()
        if items.contains(.messages) { values.messages = folder.messages.count }
        if items.contains(.uidNext) { values.uidNext = self.profile.lies.uidNextZero ? 0 : folder.uidNext }
        if items.contains(.uidValidity) {
            values.uidValidity = self.profile.lies.uidValidityZero ? 0 : folder.uidValidity
        }
        if items.contains(.unseen) { values.unseen = folder.messages.count { !$0.flags.contains(.seen) } }
        if items.contains(.recent) { values.recent = 0 }
        if items.contains(.highestModSeq) { values.highestModSeq = folder.hasModSeq ? folder.highestModSeq : 0 }
        if items.contains(.mailboxID), self.profile.offers(.objectID) {
            values.mailboxID = self.folder(named: folder.name)
        }
        if items.contains(.size) {
            values.size = folder.messages.reduce(0) { $0 + self.contents[$1.content.number].count }
        }
        return values
    }
}
