extension IMAPConnection {
    /// NOOP: asks for news.
    ///
    /// They wait in ``takeUnsolicited()``.
    package func noop() async throws(IMAPError) {
        try self.requireOK(try await self.run("NOOP"), verb: "NOOP")
    }

    /// Where folders start.
    ///
    /// Without NAMESPACE: what the names of all folders tell.
    package func namespaces() async throws(IMAPError) -> Namespaces {
        if let known = self.knownNamespaces { return known }
        let namespaces = try await self.askNamespaces()
        self.knownNamespaces = namespaces
        return namespaces
    }

    private func askNamespaces() async throws(IMAPError) -> Namespaces {
        var namespaces: Namespaces?
        if self.capabilities.contains(.namespace) {
            let completion = try await self.run(
                "NAMESPACE",
                using: .namespace,
                collect: { response in
                    guard case .namespace(let answer) = response else { return false }
                    namespaces = answer
                    return true
                }
            )
            if try !self.isUnderstood(completion, verb: "NAMESPACE") {
                await self.latch(.namespace, because: "NAMESPACE was refused")
            }
        }
        if let namespaces { return namespaces }
        return Namespaces(inferredFrom: try await self.list(.plain) ?? [])
    }

    /// All folders, with special uses where the server names them.
    package func list() async throws(IMAPError) -> [ListedFolder] {
        try await self.list(withStatus: false)
    }

    /// All folders with their status: in one round trip where LIST-STATUS is offered, else with one STATUS each.
    ///
    /// Without LIST-STATUS only `folders` are asked (nil: all that can be selected). Status is nil where it was refused.
    package func listWithStatus(_ folders: [FolderName]? = nil) async throws(IMAPError) -> [ListedFolder] {
        var listed = try await self.list(withStatus: true)
        guard self.profile.sweep == .statusEach else { return listed }
        let wanted = folders.map { Set($0) }
        let asked = listed.filter { $0.isSelectable && wanted?.contains($0.name) ?? true }.map(\.name)
        let statuses = try await self.statuses(of: asked)
        for index in listed.indices { listed[index].status = statuses[listed[index].name] }
        return listed
    }

    /// LIST in the richest form offered, then in plainer ones.
    ///
    /// A form is not used again that the server refused, or that left INBOX out, once a plainer one gave it (imap-field-notes
    /// Q10); which extension of a form is at fault is found out by leaving one out.
    private func list(withStatus: Bool) async throws(IMAPError) -> [ListedFolder] {
        var blamed: [IMAPExtension] = []
        for form in ListForm.ladder(for: self.capabilities, withStatus: withStatus) {
            guard let folders = try await self.list(form), folders.contains(where: \.name.isInbox) || form == .plain
            else {
                blamed = form.blamed
                continue
            }
            if !blamed.isEmpty, folders.contains(where: \.name.isInbox) {
                // What the form that worked still uses is not to blame.
                for name in blamed where !form.uses(name) {
                    await self.latch(name, because: "LIST with its syntax was refused, or left INBOX out")
                }
            }
            return folders
        }
        return []
    }

    /// Nil where an extended form was refused.
    private func list(_ form: ListForm) async throws(IMAPError) -> [ListedFolder]? {
        var folders: [ListedFolder] = []
        var statuses: [FolderName: FolderStatus] = [:]
        let limit = self.configuration.limits.listedFolders
        var isOverLimit = false
        let text = form.text(statusItems: self.statusItems(with: self.capabilities.hasCondStore ? .condStore : nil))
        let name: IMAPExtension? = form == .plain ? nil : .listExtended
        let completion = try await self.run("LIST", using: name) { (encoder: inout CommandEncoder) throws(IMAPError) in
            encoder.raw("\"\" \"*\"\(text)")
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
        if form != .plain, try !self.isUnderstood(completion, verb: "LIST") { return nil }
        try self.requireOK(completion, verb: "LIST")
        for index in folders.indices { folders[index].status = statuses[folders[index].name] }
        return folders
    }

    private func statusItems(with name: IMAPExtension?) -> String {
        "MESSAGES UIDNEXT UIDVALIDITY UNSEEN" + (name == .condStore ? " HIGHESTMODSEQ" : "")
    }

    /// STATUS of one folder.
    ///
    /// Not for the selected one: its numbers may be old there.
    package func status(_ folder: FolderName) async throws(IMAPError) -> FolderStatus {
        let (answers, completions) = try await self.ask([folder])
        guard let completion = completions.first else { return answers[folder] ?? FolderStatus() }
        try self.requireOK(completion, verb: "STATUS")
        return answers[folder] ?? FolderStatus()
    }

    /// STATUS of each of `folders`, many at once; those that were refused are missing.
    package func statuses(of folders: [FolderName]) async throws(IMAPError) -> [FolderName: FolderStatus] {
        // A name that no command can carry is a folder that cannot be asked.
        let (answers, completions) = try await self.ask(folders.filter(\.isSendable))
        // One folder that cannot be asked must not hide the others; a log-in that is taken back concerns all.
        if let completion = completions.first(where: { $0.refusal?.deniesLogIn == true }) {
            try self.requireOK(completion, verb: "STATUS")
        }
        return answers
    }

    private func ask(
        _ folders: [FolderName]
    ) async throws(IMAPError) -> ([FolderName: FolderStatus], [SessionStateMachine.Completion]) {
        let name: IMAPExtension? = self.capabilities.hasCondStore ? .condStore : nil
        let (answers, completions) = try await self.ask(folders, name)
        // Where the server takes none of them, its syntax may be at fault.
        guard let name, !completions.isEmpty, completions.allSatisfy({ $0.refusal?.contradictsOffer == true }) else {
            return (answers, completions)
        }
        let (plain, second) = try await self.ask(folders, nil)
        if second.contains(where: { $0.condition == .ok }) { await self.latch([name], verb: "STATUS") }
        return (plain, second)
    }

    private func ask(
        _ folders: [FolderName],
        _ name: IMAPExtension?
    ) async throws(IMAPError) -> ([FolderName: FolderStatus], [SessionStateMachine.Completion]) {
        let items = self.statusItems(with: name)
        let asked = Set(folders)
        var answers: [FolderName: FolderStatus] = [:]
        var strays: [FolderStatus] = []
        let commands = folders.map { folder in
            Asked(verb: "STATUS", using: name) { (encoder: inout CommandEncoder) throws(IMAPError) in
                try encoder.folder(folder)
                encoder.raw("(\(items))")
            }
        }
        let completions = try await self.runTogether(commands, kind: .status) { response in
            guard case .status(let name, let status) = response else { return false }
            if asked.contains(name) { answers[name] = status } else if strays.count < 16 { strays.append(status) }
            return true
        }
        // A server may spell a name its own way; one answer can only be to one question.
        let silent = zip(folders, completions).filter { $0.1.condition == .ok && answers[$0.0] == nil }.map(\.0)
        if silent.count == 1, strays.count == 1 { answers[silent[0]] = strays[0] }
        for (folder, completion) in zip(folders, completions) where completion.condition != .ok {
            answers[folder] = nil
        }
        return (answers, completions)
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
        var collector = SelectionCollector()
        let limit = self.configuration.limits.rows
        var isOverLimit = false
        let completion = try await self.run(
            verb,
            preferring: self.selectNames(resync),
            build: { (encoder: inout CommandEncoder, name: IMAPExtension?) throws(IMAPError) in
                collector = SelectionCollector()
                try encoder.folder(folder)
                if let parameter = Self.selectParameter(name, resync) { encoder.raw(parameter) }
            },
            collect: { response in
                if collector.rowCount <= limit { collector.received(response) } else { isOverLimit = true }
                return true
            }
        )
        guard !isOverLimit else { throw self.poison(.limitExceeded("rows"), command: verb) }
        return try self.opened(folder, readOnly: readOnly, completion, collector, verb)
    }

    @inline(never)
    private func opened(
        _ folder: FolderName,
        readOnly: Bool,
        _ completion: SessionStateMachine.Completion,
        _ collector: SelectionCollector,
        _ verb: String
    ) throws(IMAPError) -> Selected {
        guard completion.condition == .ok else {
            self.session.folderOpened(exists: 0)
            try self.requireOK(completion, verb: verb)
            throw self.poison(.protocolViolation("no end of \(verb)"), command: verb)
        }
        let selected = collector.finish(
            folder: folder,
            readOnly: readOnly,
            code: completion.text.code,
            mayUseKeywords: self.profile.mayUseKeywords
        )
        self.session.folderOpened(exists: selected.exists)
        self.selected = selected
        return selected
    }

    @inline(never)
    private func selectNames(_ resync: QResync?) -> [IMAPExtension] {
        guard self.capabilities.hasCondStore else { return [] }
        guard self.capabilities.hasQResync, let resync, resync.modSeq > 0, resync.uidValidity > 0 else {
            return [.condStore]
        }
        return [.qresync, .condStore]
    }

    private static func selectParameter(_ name: IMAPExtension?, _ resync: QResync?) -> String? {
        guard name == .qresync, let resync else { return name == .condStore ? "(CONDSTORE)" : nil }
        // Beyond a command line every server takes, the server may just name all that vanished.
        let known = resync.knownUIDs.map(\.description).flatMap { $0.isEmpty || $0.utf8.count > 1000 ? nil : " \($0)" }
        return "(QRESYNC (\(resync.uidValidity) \(resync.modSeq)\(known ?? "")))"
    }

    /// Leaves the selected folder where UNSELECT is offered; does nothing otherwise.
    ///
    /// CLOSE is never sent: it expunges.
    package func unselect() async throws(IMAPError) {
        guard self.selected != nil, self.capabilities.hasUnselect else { return }
        let completion = try await self.run("UNSELECT", using: .unselect)
        guard try self.isUnderstood(completion, verb: "UNSELECT") else {
            return await self.latch(.unselect, because: "UNSELECT was refused")
        }
        self.selected = nil
        self.session.folderOpened(exists: 0)
    }
}
