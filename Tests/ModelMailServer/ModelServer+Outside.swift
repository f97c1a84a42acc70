/// What happens to a server without IMAP: delivery, migrations, administrators, other ways in.
extension ModelServer {
    /// A mail arrives, by default now and unseen.
    ///
    /// - Returns: its UID; nil where there is no such folder.
    @discardableResult
    package mutating func deliver(
        _ content: ModelContent,
        to folder: ModelFolderID = ModelServer.inbox,
        flags: ModelFlags = [],
        date: Int64? = nil
    ) -> UInt32? {
        guard self.folder(folder)?.isNoSelect == false else { return nil }
        self.conceal(folder)
        if let all = self.allMail, all != folder { self.conceal(all) }
        return self.store(content, in: folder, flags: flags, date: date ?? self.now)
    }

    /// Makes a folder as an administrator does, parents and rules of names aside.
    @discardableResult
    package mutating func addFolder(
        _ name: String,
        specialUse: SpecialUse? = nil,
        isSubscribed: Bool = false,
        isNoSelect: Bool = false
    ) -> ModelFolderID {
        if let known = self.folder(named: name) { return known }
        let id = self.makeFolder(name)
        self.folders[id.number]?.specialUse = specialUse
        self.folders[id.number]?.isSubscribed = isSubscribed
        self.folders[id.number]?.isNoSelect = isNoSelect
        return id
    }

    /// Sets or clears flags behind every session's back, as a web client does.
    package mutating func change(
        _ uid: UInt32,
        in folder: ModelFolderID,
        adding: ModelFlags = [],
        removing: ModelFlags = []
    ) {
        self.conceal(folder)
        guard let index = self.folder(folder)?.index(of: uid), let modSeq = self.folders[folder.number]?.nextModSeq()
        else { return }
        self.folders[folder.number]?.messages[index].flags.formUnion(adding)
        self.folders[folder.number]?.messages[index].flags.subtract(removing)
        self.folders[folder.number]?.messages[index].modSeq = modSeq
        self.folders[folder.number]?.keywords.formUnion(adding.keywords)
        if let message = self.folder(folder)?.messages[index] { self.share(message, of: folder) }
    }

    /// Takes a mail out of a folder behind every session's back: for good, where folders are no labels.
    package mutating func expunge(_ uid: UInt32, from folder: ModelFolderID) {
        guard folder != self.allMail else { return }
        self.conceal(folder)
        self.remove([uid], from: folder, onlyDeleted: false)
    }

    /// The folder's UIDs mean other mails from now on, as after a restore: new UIDVALIDITY, UIDs from 1, new history.
    ///
    /// Sessions that have it open are cut.
    package mutating func renumber(_ folder: ModelFolderID) {
        guard let old = self.folder(folder) else { return }
        var new = ModelFolder(name: old.name, uidValidity: self.nextUIDValidity())
        new.isSubscribed = old.isSubscribed
        new.specialUse = old.specialUse
        new.keywords = old.keywords
        new.version = old.version + 1
        for message in old.messages {
            new.messages.append(
                ModelMessage(
                    uid: new.uidNext,
                    modSeq: 1,
                    internalDate: message.internalDate,
                    flags: message.flags,
                    content: message.content,
                    mail: message.mail
                )
            )
            new.uidNext += 1
        }
        self.folders[folder.number] = new
        self.hidden[folder] = nil
        for index in self.sessions.indices where self.sessions[index].selected?.folder == folder {
            self.disconnect(ModelSessionID(number: index))
        }
    }

    /// The server forgets which mails were expunged when: VANISHED names all that could be gone from now on.
    package mutating func forgetHistory(of folder: ModelFolderID) {
        guard let highest = self.folder(folder)?.highestModSeq else { return }
        self.folders[folder.number]?.forgottenUpTo = highest
        self.folders[folder.number]?.expunged = []
    }

    /// The folder keeps no modification sequences (NOMODSEQ), or does again.
    package mutating func setModSeq(of folder: ModelFolderID, isKept: Bool) {
        self.folders[folder.number]?.hasModSeq = isKept
    }

    /// Mails that FETCH leaves out though they are there (Q18).
    package mutating func setUnfetchable(_ uids: UIDRanges, in folder: ModelFolderID) {
        self.folders[folder.number]?.unfetchable = uids
    }

    /// Changes hidden until now can be seen (Q29).
    package mutating func reveal() { self.hidden = [:] }

    /// Keeps what sessions see as it is, but for HIGHESTMODSEQ, where the profile lies so.
    private mutating func conceal(_ folder: ModelFolderID) {
        guard self.profile.lies.hidesNewChanges else { return }
        var shown = self.hidden[folder] ?? self.folder(folder)
        shown?.highestModSeq = (self.folder(folder)?.highestModSeq ?? 0) + 1
        self.hidden[folder] = shown
    }

    /// Opens, by the number of the command that is sent next, whatever lies about sessions: cut all of them.
    package mutating func disconnectAll() {
        for index in self.sessions.indices { self.disconnect(ModelSessionID(number: index)) }
    }
}
