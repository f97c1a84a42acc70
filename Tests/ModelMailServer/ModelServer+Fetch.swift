/// UID FETCH and UID SEARCH.
extension ModelServer {
    mutating func fetch(
        _ uids: UIDRequest,
        _ items: FetchItems,
        changedSince: UInt64?,
        vanished: Bool,
        in session: Int,
        into out: inout [ModelResponse]
    ) {
        let needsModSeq = items.contains(.modSeq) || changedSince != nil
        guard !needsModSeq || self.profile.offers(.condStore),
            !items.contains(.emailID) || self.profile.offers(.objectID),
            items.isDisjoint(with: [.gmailMessageID, .gmailLabels]) || self.profile.offers(.gmail)
        else {
            self.finish(.bad, nil, in: session, into: &out)
            return
        }
        if needsModSeq { self.enableCondStore(session) }
        guard !vanished || (self.sessions[session].hasQResync && changedSince != nil) else {
            self.finish(.bad, nil, in: session, into: &out)
            return
        }
        guard let id = self.sessions[session].selected?.folder, let folder = self.shown(id) else {
            self.finish(.no, nil, in: session, into: &out)
            return
        }
        var items = items
        if changedSince != nil { items.insert(.modSeq) }
        if items.contains(.bodySettingSeen) { self.setSeen(uids, in: session, id) }
        self.refresh(session, folder)
        if vanished, let changedSince {
            let gone = self.vanished(folder, since: changedSince, among: uids)
            if !gone.isEmpty { out.append(.vanished(gone, isEarlier: true)) }
        }
        guard let selected = self.sessions[session].selected else { return }
        let highest = selected.view.last?.uid ?? 0
        var isMissing = false
        for (index, message) in selected.view.enumerated() {
            guard uids.contains(message.uid, highest: highest) else { continue }
            if let changedSince, message.modSeq <= changedSince { continue }
            if let divisor = self.profile.lies.omitsFetched, message.uid % divisor == 0 { continue }
            if !folder.unfetchable.isEmpty, folder.unfetchable.contains(message.uid) { continue }
            if self.profile.view == .current, folder.index(of: message.uid) == nil {
                isMissing = true
                continue
            }
            out.append(.fetch(self.fetched(message, index + 1, items, folder, id)))
        }
        let condition: ModelCondition = isMissing && self.profile.refusesFetchOfExpunged ? .no : .ok
        self.finish(condition, condition == .no ? .expungeIssued : nil, in: session, into: &out)
    }

    private func fetched(
        _ message: ModelMessage,
        _ sequence: Int,
        _ items: FetchItems,
        _ folder: ModelFolder,
        _ id: ModelFolderID
    ) -> ModelFetch {
        var fetch = ModelFetch(sequence: sequence, uid: message.uid)
        if items.contains(.flags) { fetch.flags = message.flags }
        if items.contains(.modSeq), folder.hasModSeq { fetch.modSeq = self.shownModSeq(message.modSeq) }
        if items.contains(.internalDate) { fetch.internalDate = message.internalDate }
        if items.contains(.size) { fetch.size = self.contents[message.content.number].count }
        if items.contains(.emailID) { fetch.emailID = message.content }
        if items.contains(.gmailMessageID) { fetch.gmailMessageID = message.mail }
        if items.contains(.gmailLabels) { fetch.gmailLabels = self.labels(of: message.mail, besides: id) }
        if items.contains(.body) || items.contains(.bodySettingSeen) {
            fetch.body = .whole(message.content)
        } else if items.contains(.header) {
            fetch.body = .header(message.content)
        }
        if let divisor = self.profile.lies.nullBodies, message.uid % divisor == 0, fetch.body != .absent {
            fetch.body = .null
        }
        return fetch
    }

    /// Where a server answers with flags as they are now, the view learns them without a word of its own.
    private mutating func refresh(_ session: Int, _ folder: ModelFolder) {
        guard self.profile.view == .current, self.sessions[session].selected?.version != folder.version,
            var selected = self.sessions[session].selected
        else { return }
        self.sessions[session].selected = nil
        var master = 0
        for index in selected.view.indices {
            let uid = selected.view[index].uid
            while master < folder.messages.count, folder.messages[master].uid < uid { master += 1 }
            guard master < folder.messages.count, folder.messages[master].uid == uid else { continue }
            if selected.view[index] != folder.messages[master] { selected.view[index] = folder.messages[master] }
        }
        self.sessions[session].selected = selected
    }

    private mutating func setSeen(_ uids: UIDRequest, in session: Int, _ id: ModelFolderID) {
        guard let selected = self.sessions[session].selected, !selected.isReadOnly else { return }
        let highest = selected.view.last?.uid ?? 0
        let unseen = selected.view.filter {
            uids.contains($0.uid, highest: highest) && !$0.flags.contains(.seen)
        }
        guard !unseen.isEmpty, let modSeq = self.folders[id.number]?.nextModSeq() else { return }
        for message in unseen {
            guard let index = self.folders[id.number]?.index(of: message.uid) else { continue }
            self.folders[id.number]?.messages[index].flags.insert(.seen)
            self.folders[id.number]?.messages[index].modSeq = modSeq
            if let seen = self.folders[id.number]?.messages[index] { self.share(seen, of: id) }
        }
    }

    // MARK: - SEARCH

    mutating func search(_ request: SearchRequest, in session: Int, into out: inout [ModelResponse]) {
        guard let selected = self.sessions[session].selected, let folder = self.shown(selected.folder) else { return }
        self.refresh(session, folder)
        let view = self.sessions[session].selected?.view ?? []
        let highest = view.last?.uid ?? 0
        let found = view.filter { message in
            (self.profile.view == .told || folder.index(of: message.uid) != nil)
                && request.criteria.allSatisfy { self.matches(message, $0, highest: highest) }
        }
        .map(\.uid)
        guard let returns = request.returns else {
            out.append(.search(.plain(found)))
            self.finish(.ok, nil, in: session, into: &out)
            return
        }
        guard self.profile.offers(.eSearch) else {
            self.finish(.bad, nil, in: session, into: &out)
            return
        }
        let wantsAll = returns.isEmpty || returns.contains("ALL")
        switch self.profile.lies.eSearch {
        case .honest:
            out.append(.search(.extended(UIDRanges(found), isMarked: true, hasAll: wantsAll && !found.isEmpty)))
        case .empty:
            out.append(.search(.extended(UIDRanges(), isMarked: true, hasAll: false)))
        case .unmarked:
            out.append(.search(.extended(UIDRanges(found), isMarked: false, hasAll: wantsAll)))
        case .plain:
            out.append(.search(.plain(found)))
        case .refused(let condition, let code):
            self.finish(condition, code, in: session, into: &out)
            return
        }
        self.finish(.ok, nil, in: session, into: &out)
    }

    private func matches(_ message: ModelMessage, _ criterion: SearchRequest.Criterion, highest: UInt32) -> Bool {
        switch criterion {
        case .all: return true
        case .uids(let uids): return uids.contains(message.uid, highest: highest)
        case .flag(let flag, let isSet): return message.flags.contains(flag) == isSet
        case .messageID(let text): return self.header(of: message.content).contains("message-id: \(text.lowercased())")
        }
    }

    /// The header in lower case, one character for each byte.
    private func header(of content: ModelContent) -> String {
        let bytes = self.contents[content.number]
        let end = Self.headerLength(bytes)
        return String(decoding: bytes[..<end], as: Unicode.ASCII.self).lowercased()
    }

    /// The length of a mail's header, its empty line included.
    package static func headerLength(_ bytes: [UInt8]) -> Int {
        var index = 0
        while index + 3 < bytes.count {
            if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 {
                return index + 4
            }
            index += 1
        }
        return bytes.count
    }
}
