/// STORE, COPY, MOVE, EXPUNGE and APPEND.
extension ModelServer {
    // MARK: - Flags

    mutating func store(
        _ uids: UIDRequest,
        _ operation: StoreOperation,
        _ flags: ModelFlags,
        isSilent: Bool,
        unchangedSince: UInt64?,
        in session: Int,
        into out: inout [ModelResponse]
    ) {
        guard let selected = self.sessions[session].selected, var folder = self.folders[selected.folder.number] else {
            self.finish(.no, nil, in: session, into: &out)
            return
        }
        guard !selected.isReadOnly else {
            self.finish(self.profile.refusesStoreInExamine ? .no : .ok, nil, in: session, into: &out)
            return
        }
        if unchangedSince != nil {
            guard self.requires(.condStore, in: session, into: &out) else { return }
            self.enableCondStore(session)
        }
        self.hidden[selected.folder] = nil
        var flags = flags
        guard self.admit(&flags, to: &folder, operation, in: session, into: &out) else { return }
        // Folders are big values: taken out of the server while they change, so that nothing is copied.
        self.folders[selected.folder.number] = nil
        var view = selected.view
        self.sessions[session].selected?.view = []
        let isUpToDate = selected.version == folder.version
        let highest = view.last?.uid ?? 0
        var changed: [Int] = []
        var modified = UIDRanges()
        var modSeq: UInt64?
        for index in view.indices where uids.contains(view[index].uid, highest: highest) {
            guard let master = folder.index(of: view[index].uid) else {
                if unchangedSince != nil { modified.append(view[index].uid) }
                continue
            }
            if let unchangedSince, folder.messages[master].modSeq > unchangedSince {
                modified.append(view[index].uid)
                continue
            }
            let before = folder.messages[master].flags
            let after = Self.applied(operation, flags, to: before)
            guard before != after else {
                view[index].flags = Self.applied(operation, flags, to: view[index].flags)
                continue
            }
            let number = modSeq ?? folder.nextModSeq()
            modSeq = number
            folder.messages[master].flags = after
            folder.messages[master].modSeq = number
            view[index].flags = Self.applied(operation, flags, to: view[index].flags)
            view[index].modSeq = number
            changed.append(index)
        }
        let isNewKeyword = folder.keywords != selected.keywords
        if isUpToDate {
            self.sessions[session].selected?.version = folder.version
            self.sessions[session].selected?.highestModSeq = folder.highestModSeq
        }
        let (keywords, hasModSeq) = (folder.keywords, folder.hasModSeq)
        self.folders[selected.folder.number] = folder
        self.sessions[session].selected?.view = view
        for index in changed {
            guard let master = folder.index(of: view[index].uid) else { continue }
            self.share(folder.messages[master], of: selected.folder)
        }
        if isNewKeyword, self.profile.listsKeywords {
            self.sessions[session].selected?.keywords = keywords
            out.append(.flags(ModelFlags.system.union(keywords)))
        }
        let modSeqs = self.sessions[session].hasCondStore && hasModSeq
        if !isSilent || modSeqs {
            for index in changed {
                out.append(
                    .fetch(
                        ModelFetch(
                            sequence: index + 1,
                            uid: view[index].uid,
                            flags: isSilent ? nil : view[index].flags,
                            modSeq: modSeqs ? self.shownModSeq(view[index].modSeq) : nil
                        )
                    )
                )
            }
        }
        self.finish(.ok, modified.isEmpty ? nil : .modified(modified), in: session, into: &out)
    }

    private static func applied(
        _ operation: StoreOperation,
        _ flags: ModelFlags,
        to before: ModelFlags
    ) -> ModelFlags {
        switch operation {
        case .add: before.union(flags)
        case .remove: before.subtracting(flags)
        case .replace: flags
        }
    }

    /// Whether the flags may be stored here; takes out what is silently dropped, and says no where not.
    private mutating func admit(
        _ flags: inout ModelFlags,
        to folder: inout ModelFolder,
        _ operation: StoreOperation,
        in session: Int,
        into out: inout [ModelResponse]
    ) -> Bool {
        let new = flags.keywords.subtracting(folder.keywords)
        guard operation != .remove, !new.isEmpty else { return true }
        switch self.profile.keywords {
        case .refused(.ignored), .refused(.sessionOnly):
            flags.subtract(flags.keywords)
            return true
        case .refused(.condition(let condition, let code)):
            self.finish(condition, code, in: session, into: &out)
            return false
        case .allowed(let count, let length):
            let isTooLong = self.keywordTable.spellings(new).contains { $0.utf8.count > length }
            guard !isTooLong, folder.keywords.count + new.count <= count else {
                self.finish(.no, isTooLong ? .cannot : .limit, in: session, into: &out)
                return false
            }
            folder.keywords.formUnion(new)
            return true
        }
    }

    // MARK: - Places

    mutating func transfer(
        _ uids: UIDRequest,
        to name: String,
        isMove: Bool,
        in session: Int,
        into out: inout [ModelResponse]
    ) {
        guard let selected = self.sessions[session].selected, let source = self.folders[selected.folder.number],
            !isMove || !selected.isReadOnly
        else {
            self.finish(.no, nil, in: session, into: &out)
            return
        }
        guard let target = self.folder(named: name), let destination = self.folders[target.number],
            !destination.isNoSelect
        else {
            self.finish(.no, .tryCreate, in: session, into: &out)
            return
        }
        let highest = selected.view.last?.uid ?? 0
        let wanted = selected.view.filter { uids.contains($0.uid, highest: highest) }
        var there: [ModelMessage] = []
        for message in wanted {
            guard let index = source.index(of: message.uid) else { continue }
            there.append(source.messages[index])
        }
        if there.count < wanted.count, self.profile.refusesTransferOfExpunged {
            self.finish(.no, .expungeIssued, in: session, into: &out)
            return
        }
        guard !there.isEmpty, !self.profile.lies.transfersNothing else {
            self.finish(.ok, nil, in: session, into: &out)
            return
        }
        self.hidden[selected.folder] = nil
        self.hidden[target] = nil
        let made = self.put(there, into: target)
        if self.hasLabels { self.relabel(there, into: target) }
        let code: ModelCode? =
            self.profile.offers(.uidPlus)
            ? .copyUID(
                uidValidity: self.folders[target.number]?.uidValidity ?? 0,
                source: self.profile.lies.copyUIDEmpty ? [] : there.map(\.uid),
                destination: self.profile.lies.copyUIDEmpty ? [] : made
            ) : nil
        guard isMove else {
            self.finish(.ok, code, in: session, into: &out)
            return
        }
        if self.profile.copyUIDPlace == .untagged, let code { out.append(.ok(code)) }
        if selected.folder != self.allMail { self.remove(there.map(\.uid), from: selected.folder, onlyDeleted: false) }
        self.finishExpunge(self.profile.copyUIDPlace == .tagged ? code : nil, in: session, into: &out)
    }

    /// Stores copies of mails and gives their UIDs.
    mutating func put(_ messages: [ModelMessage], into target: ModelFolderID) -> [UInt32] {
        let isOnce = self.hasLabels
        guard var folder = self.folders[target.number] else { return [] }
        self.folders[target.number] = nil
        let modSeq = folder.nextModSeq()
        var uids: [UInt32] = []
        for message in messages {
            if isOnce, let known = folder.messages.first(where: { $0.mail == message.mail }) {
                uids.append(known.uid)
                continue
            }
            uids.append(folder.uidNext)
            folder.keywords.formUnion(message.flags.keywords)
            folder.messages.append(
                ModelMessage(
                    uid: folder.uidNext,
                    modSeq: modSeq,
                    internalDate: self.profile.keepsInternalDate ? message.internalDate : self.now,
                    // Where folders are labels, the mark to delete is the folder's own.
                    flags: isOnce ? message.flags.subtracting([.deleted]) : message.flags,
                    content: message.content,
                    mail: message.mail
                )
            )
            folder.uidNext += 1
        }
        self.folders[target.number] = folder
        return uids
    }

    /// Takes mails away for good; those marked as deleted alone where `onlyDeleted`.
    mutating func remove(_ uids: [UInt32], from id: ModelFolderID, onlyDeleted: Bool) {
        guard var folder = self.folders[id.number] else { return }
        self.folders[id.number] = nil
        var modSeq: UInt64?
        for uid in uids {
            guard let index = folder.index(of: uid), !onlyDeleted || folder.messages[index].flags.contains(.deleted)
            else { continue }
            let number = modSeq ?? folder.nextModSeq()
            modSeq = number
            folder.messages.remove(at: index)
            folder.expunged.append((uid, number))
        }
        self.folders[id.number] = folder
    }

    mutating func expunge(_ uids: UIDRequest, in session: Int, into out: inout [ModelResponse]) {
        guard let selected = self.sessions[session].selected, !selected.isReadOnly else {
            self.finish(.no, nil, in: session, into: &out)
            return
        }
        self.hidden[selected.folder] = nil
        let highest = selected.view.last?.uid ?? 0
        let wanted = selected.view.map(\.uid).filter { uids.contains($0, highest: highest) }
        if selected.folder != self.allMail { self.remove(wanted, from: selected.folder, onlyDeleted: true) }
        self.finishExpunge(nil, in: session, into: &out)
    }

    /// Where QRESYNC is on, HIGHESTMODSEQ stands in the tagged OK: all before it was told.
    private mutating func finishExpunge(_ code: ModelCode?, in session: Int, into out: inout [ModelResponse]) {
        guard !self.profile.lies.tellsOwnChangesLate else {
            out.append(.completed(.ok, code))
            return
        }
        let start = out.count
        guard self.tell(session, mayExpunge: true, isNoop: false, into: &out) else { return }
        var code = code
        if code == nil, let last = out.indices.last, last >= start, case .ok(.highestModSeq(let value)) = out[last] {
            out.removeLast()
            code = .highestModSeq(value)
        }
        out.append(.completed(.ok, code))
    }

    // MARK: - New mail

    mutating func append(
        _ content: ModelContent,
        to name: String,
        flags: ModelFlags,
        date: Int64?,
        in session: Int,
        into out: inout [ModelResponse]
    ) {
        guard let id = self.folder(named: name), let folder = self.folders[id.number], !folder.isNoSelect else {
            self.finish(.no, .tryCreate, in: session, into: &out)
            return
        }
        if let limit = self.profile.appendLimit, self.contents[content.number].count > limit {
            self.finish(.no, .tooBig, in: session, into: &out)
            return
        }
        self.hidden[id] = nil
        var content = content
        let bytes = self.contents[content.number]
        if self.profile.endsLastLine, bytes.last != 10 { content = self.content(bytes + [13, 10]) }
        let uid = self.store(content, in: id, flags: self.admissible(flags, in: folder), date: date ?? self.now)
        let code = self.profile.offers(.uidPlus) ? ModelCode.appendUID(uidValidity: folder.uidValidity, uid: uid) : nil
        if self.profile.lies.tellsOwnChangesLate {
            out.append(.completed(.ok, code))
        } else {
            self.finish(.ok, code, in: session, into: &out)
        }
    }

    /// Keywords that a folder does not take are left out of what APPEND and delivery store.
    private func admissible(_ flags: ModelFlags, in folder: ModelFolder) -> ModelFlags {
        switch self.profile.keywords {
        case .refused: return flags.subtracting(flags.keywords.subtracting(folder.keywords))
        case .allowed(_, let length):
            let long = flags.keywords.elements.filter { self.keywordTable.spelling($0).utf8.count > length }
            return flags.subtracting(ModelFlags(long))
        }
    }

    mutating func store(_ content: ModelContent, in id: ModelFolderID, flags: ModelFlags, date: Int64) -> UInt32 {
        guard var folder = self.folders[id.number] else { return 0 }
        self.folders[id.number] = nil
        let uid = folder.uidNext
        folder.uidNext += 1
        folder.keywords.formUnion(flags.keywords)
        let modSeq = folder.nextModSeq()
        let message = ModelMessage(
            uid: uid,
            modSeq: modSeq,
            internalDate: date,
            flags: flags,
            content: content,
            mail: self.nextMail()
        )
        folder.messages.append(message)
        self.folders[id.number] = folder
        if self.hasLabels { self.relabel([message], into: id) }
        return uid
    }
}
