/// What sessions are told of changes, and when.
extension ModelServer {
    /// What the server says to a session that asked nothing: to one in IDLE or with NOTIFY.
    ///
    /// Everybody else has to wait for an answer of their own.
    package mutating func push(to session: ModelSessionID) -> [ModelResponse] {
        var out: [ModelResponse] = []
        let number = session.number
        guard self.sessions[number].phase == .authenticated else { return [] }
        self.tellStatus(number, into: &out)
        if self.sessions[number].isIdle { _ = self.tell(number, mayExpunge: true, isNoop: true, into: &out) }
        return out
    }

    /// The folder as sessions may see it now.
    func shown(_ id: ModelFolderID) -> ModelFolder? { self.hidden[id] ?? self.folders[id.number] }

    /// Brings the session's view up to date and says how; false where the session is over.
    mutating func tell(
        _ session: Int,
        mayExpunge: Bool,
        isNoop: Bool,
        into out: inout [ModelResponse]
    ) -> Bool {
        guard let id = self.sessions[session].selected?.folder else { return true }
        let isHidden = !self.hidden.isEmpty && self.hidden[id] != nil
        let version = isHidden ? self.hidden[id]?.version : self.folders[id.number]?.version
        if self.sessions[session].selected?.version == version { return true }
        guard let folder = isHidden ? self.hidden[id] : self.folders[id.number] else {
            return self.tellDeleted(session, into: &out)
        }
        guard var selected = self.sessions[session].selected else { return true }
        self.sessions[session].selected = nil
        self.tell(folder, session, &selected, mayExpunge: mayExpunge, into: &out)
        self.sessions[session].selected = selected
        return true
    }

    private mutating func tellDeleted(_ session: Int, into out: inout [ModelResponse]) -> Bool {
        switch self.profile.deletedFolder {
        case .bye:
            self.disconnect(ModelSessionID(number: session))
            out.append(.bye)
            return false
        case .emptied:
            guard let selected = self.sessions[session].selected, !selected.view.isEmpty else { return true }
            if self.sessions[session].hasQResync {
                out.append(.vanished(UIDRanges(selected.view.map(\.uid)), isEarlier: false))
            } else {
                for sequence in stride(from: selected.view.count, to: 0, by: -1) {
                    out.append(.expunge(sequence: sequence))
                }
            }
            self.sessions[session].selected?.view = []
            return true
        }
    }

    private func tell(
        _ folder: ModelFolder,
        _ session: Int,
        _ selected: inout ModelSession.Selected,
        mayExpunge: Bool,
        into out: inout [ModelResponse]
    ) {
        let (hasCondStore, hasQResync) = (self.sessions[session].hasCondStore, self.sessions[session].hasQResync)
        let modSeqs = hasCondStore && folder.hasModSeq
        var gone: [Int] = []
        var fetches: [ModelResponse] = []
        var master = 0
        let known = selected.view.count
        for index in 0..<known {
            let seen = selected.view[index]
            while master < folder.messages.count, folder.messages[master].uid < seen.uid { master += 1 }
            guard master < folder.messages.count, folder.messages[master].uid == seen.uid else {
                gone.append(index)
                continue
            }
            let now = folder.messages[master]
            master += 1
            guard now.flags != seen.flags || now.modSeq != seen.modSeq else { continue }
            selected.view[index] = now
            guard now.flags != seen.flags || modSeqs else { continue }
            fetches.append(
                .fetch(
                    ModelFetch(
                        sequence: index + 1,
                        uid: hasQResync || modSeqs ? now.uid : nil,
                        flags: now.flags,
                        modSeq: modSeqs ? self.shownModSeq(now.modSeq) : nil
                    )
                )
            )
        }
        if folder.keywords != selected.keywords, self.profile.listsKeywords, !fetches.isEmpty {
            selected.keywords = folder.keywords
            out.append(.flags(ModelFlags.system.union(folder.keywords)))
        }
        out += fetches
        let hasGone = !gone.isEmpty
        if hasGone, mayExpunge { Self.tellGone(gone, &selected, asVanished: hasQResync, into: &out) }
        let last = selected.view.last?.uid ?? 0
        let firstNew = folder.messages.lowerBound(of: max(last, selected.uidNext &- 1) &+ 1)
        if firstNew < folder.messages.count {
            selected.view += folder.messages[firstNew...]
            out.append(.exists(selected.view.count))
            out.append(.recent)
        }
        selected.uidNext = folder.uidNext
        // What was not told stays to be told.
        selected.version = hasGone && !mayExpunge ? 0 : folder.version
        if modSeqs, mayExpunge, folder.highestModSeq > selected.highestModSeq {
            selected.highestModSeq = folder.highestModSeq
            if hasQResync { out.append(.ok(.highestModSeq(folder.highestModSeq))) }
        }
    }

    private static func tellGone(
        _ gone: [Int],
        _ selected: inout ModelSession.Selected,
        asVanished: Bool,
        into out: inout [ModelResponse]
    ) {
        if asVanished {
            var ranges = UIDRanges()
            for index in gone { ranges.append(selected.view[index].uid) }
            out.append(.vanished(ranges, isEarlier: false))
        } else {
            for index in gone.reversed() { out.append(.expunge(sequence: index + 1)) }
        }
        var next = 0
        var kept: [ModelMessage] = []
        kept.reserveCapacity(selected.view.count - gone.count)
        for index in selected.view.indices {
            if next < gone.count, gone[next] == index { next += 1 } else { kept.append(selected.view[index]) }
        }
        selected.view = kept
    }

    func shownModSeq(_ modSeq: UInt64) -> UInt64? { self.profile.lies.modSeqMinusOne ? nil : modSeq }

    // MARK: - NOTIFY

    mutating func notify(_ request: NotifyRequest?, in session: Int, into out: inout [ModelResponse]) {
        guard self.requires(.notify, in: session, into: &out) else { return }
        self.sessions[session].notify = request
        self.sessions[session].notified = [:]
        if let request {
            for id in self.folderIDs where self.isNotified(id, request) {
                guard let folder = self.shown(id), !folder.isNoSelect else { continue }
                self.sessions[session].notified[id] = folder.version
                if request.status, id != self.sessions[session].selected?.folder {
                    out.append(.status(folder: folder.name, self.statusForNotify(folder, session)))
                }
            }
        }
        self.finish(.ok, nil, in: session, into: &out)
    }

    private func isNotified(_ id: ModelFolderID, _ request: NotifyRequest) -> Bool {
        guard let folder = self.shown(id) else { return false }
        return request.isPersonal || request.folders.contains(folder.name)
    }

    private func statusForNotify(_ folder: ModelFolder, _ session: Int) -> ModelStatus {
        var items: StatusItems = [.messages, .uidNext, .uidValidity, .unseen]
        if self.sessions[session].hasCondStore { items.insert(.highestModSeq) }
        return self.statusValues(folder, items)
    }

    /// One STATUS for each other folder that changed, however often it did.
    private mutating func tellStatus(_ session: Int, into out: inout [ModelResponse]) {
        guard let request = self.sessions[session].notify else { return }
        for id in self.folderIDs where id != self.sessions[session].selected?.folder {
            guard self.isNotified(id, request), let folder = self.shown(id), !folder.isNoSelect,
                self.sessions[session].notified[id] != folder.version
            else { continue }
            let isNew = self.sessions[session].notified.updateValue(folder.version, forKey: id) == nil
            if isNew, request.hasFolderNames { out.append(.list(self.listed(id, folder))) }
            out.append(.status(folder: folder.name, self.statusForNotify(folder, session)))
        }
    }
}
