extension IMAPConnection {
    /// NOOP: asks for news.
    ///
    /// They wait in ``takeUnsolicited()``.
    package func noop() async throws(IMAPError) {
        try self.requireOK(try await self.run("NOOP"), verb: "NOOP")
    }

    /// Where folders start.
    ///
    /// Without NAMESPACE: an empty prefix, and the delimiter LIST names.
    package func namespaces() async throws(IMAPError) -> Namespaces {
        var namespaces: Namespaces?
        if self.capabilities.contains("NAMESPACE") {
            let completion = try await self.run(
                "NAMESPACE",
                collect: { response in
                    guard case .namespace(let answer) = response else { return false }
                    namespaces = answer
                    return true
                }
            )
            try self.requireOK(completion, verb: "NAMESPACE")
        }
        if let namespaces { return namespaces }
        var delimiter: String?
        let completion = try await self.run("LIST") { (encoder: inout CommandEncoder) throws(IMAPError) in
            encoder.raw("\"\" \"\"")
        } collect: { response in
            guard case .list(let folder) = response else { return false }
            delimiter = folder.delimiter
            return true
        }
        try self.requireOK(completion, verb: "LIST")
        return Namespaces(personal: [.init(prefix: FolderName(raw: []), delimiter: delimiter)])
    }

    /// All folders, with special uses where the server names them.
    package func list() async throws(IMAPError) -> [ListedFolder] {
        if self.capabilities.contains("LIST-EXTENDED"), self.capabilities.hasSpecialUse {
            let answer = try await self.list(returning: " RETURN (CHILDREN SPECIAL-USE)")
            // Some servers refuse what they offer, or leave INBOX out of it; all know the plain form.
            if let folders = answer, folders.contains(where: \.name.isInbox) { return folders }
        }
        guard let folders = try await self.list(returning: "", isPlain: true) else { return [] }
        return folders
    }

    /// All folders with their status: in one round trip where LIST-STATUS is offered, else with one STATUS each.
    ///
    /// Without LIST-STATUS only `folders` are asked (nil: all that can be selected). Status is nil where it was refused.
    package func listWithStatus(_ folders: [FolderName]? = nil) async throws(IMAPError) -> [ListedFolder] {
        if self.capabilities.hasListStatus {
            let uses = self.capabilities.hasSpecialUse ? "SPECIAL-USE " : ""
            let answer = try await self.list(returning: " RETURN (CHILDREN \(uses)STATUS (\(self.statusItems)))")
            if let answer, answer.contains(where: \.name.isInbox) { return answer }
        }
        var listed = try await self.list()
        let wanted = folders.map { Set($0) }
        for index in listed.indices where listed[index].isSelectable && wanted?.contains(listed[index].name) ?? true {
            do {
                listed[index].status = try await self.status(listed[index].name)
            } catch {
                // One folder that cannot be asked must not hide the others.
                guard case .refused = error.reason else { throw error }
            }
        }
        return listed
    }

    /// Nil where the extended form was refused.
    private func list(returning options: String, isPlain: Bool = false) async throws(IMAPError) -> [ListedFolder]? {
        var folders: [ListedFolder] = []
        var statuses: [FolderName: FolderStatus] = [:]
        let limit = self.configuration.limits.listedFolders
        var isOverLimit = false
        let completion = try await self.run("LIST") { (encoder: inout CommandEncoder) throws(IMAPError) in
            encoder.raw("\"\" \"*\"\(options)")
        } collect: { response in
            switch response {
            case .list(let folder):
                if folders.count < limit { folders.append(folder) } else { isOverLimit = true }
                return true
            case .status(let name, let status):
                if statuses.count < limit { statuses[name] = status }
                return true
            default:
                return false
            }
        }
        if isOverLimit { throw self.poison(.limitExceeded("folders"), command: "LIST") }
        if completion.condition != .ok, !isPlain { return nil }
        try self.requireOK(completion, verb: "LIST")
        for index in folders.indices { folders[index].status = statuses[folders[index].name] }
        return folders
    }

    private var statusItems: String {
        "MESSAGES UIDNEXT UIDVALIDITY UNSEEN" + (self.capabilities.hasCondStore ? " HIGHESTMODSEQ" : "")
    }

    /// STATUS of one folder.
    ///
    /// Not for the selected one: its numbers may be old there.
    package func status(_ folder: FolderName) async throws(IMAPError) -> FolderStatus {
        var answers: [FolderName: FolderStatus] = [:]
        let items = self.statusItems
        let completion = try await self.run("STATUS") { (encoder: inout CommandEncoder) throws(IMAPError) in
            try encoder.folder(folder)
            encoder.raw("(\(items))")
        } collect: { response in
            guard case .status(let name, let status) = response, answers.count < 16 else { return false }
            answers[name] = status
            return true
        }
        try self.requireOK(completion, verb: "STATUS")
        // A server may spell the name its own way; one answer can only be to this question.
        return answers[folder] ?? (answers.count == 1 ? answers.values.first : nil) ?? FolderStatus()
    }

    /// SELECT, or EXAMINE for reading only, with CONDSTORE or QRESYNC where offered.
    ///
    /// The caller compares UIDVALIDITY.
    ///
    /// What was not taken from ``takeUnsolicited()`` of the folder before is dropped.
    package func select(
        _ folder: FolderName,
        readOnly: Bool,
        resync: QResync? = nil
    ) async throws(IMAPError) -> Selected {
        let verb = readOnly ? "EXAMINE" : "SELECT"
        _ = self.unsolicited.take()
        self.selected = nil
        let parameter = self.selectParameter(resync)
        var collector = SelectionCollector()
        let limit = self.configuration.limits.rows
        var isOverLimit = false
        let completion = try await self.run(verb) { (encoder: inout CommandEncoder) throws(IMAPError) in
            try encoder.folder(folder)
            if let parameter { encoder.raw(parameter) }
        } collect: { response in
            if collector.rowCount <= limit { collector.received(response) } else { isOverLimit = true }
            return true
        }
        if isOverLimit { throw self.poison(.limitExceeded("rows"), command: verb) }
        guard completion.condition == .ok else {
            self.session.folderOpened(exists: 0)
            try self.requireOK(completion, verb: verb)
            throw self.poison(.protocolViolation("no end of \(verb)"), command: verb)
        }
        let selected = collector.finish(folder: folder, readOnly: readOnly, code: completion.text.code)
        self.session.folderOpened(exists: selected.exists)
        self.selected = selected
        return selected
    }

    private func selectParameter(_ resync: QResync?) -> String? {
        guard self.capabilities.hasQResync, let resync, resync.modSeq > 0, resync.uidValidity > 0 else {
            return self.capabilities.hasCondStore ? "(CONDSTORE)" : nil
        }
        // Beyond a command line every server takes, the server may just name all that vanished.
        let known = resync.knownUIDs.map(\.description).flatMap { $0.isEmpty || $0.utf8.count > 1000 ? nil : " \($0)" }
        return "(QRESYNC (\(resync.uidValidity) \(resync.modSeq)\(known ?? "")))"
    }

    /// Leaves the selected folder where UNSELECT is offered; does nothing otherwise.
    ///
    /// CLOSE is never sent: it expunges.
    package func unselect() async throws(IMAPError) {
        guard self.selected != nil, self.capabilities.hasUnselect else { return }
        let completion = try await self.run("UNSELECT")
        try self.requireOK(completion, verb: "UNSELECT")
        self.selected = nil
        self.session.folderOpened(exists: 0)
    }
}
